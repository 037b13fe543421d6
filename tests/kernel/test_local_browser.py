"""The local pool's browser stand-in, as a test of a notebook uses it: with a real Jupyter server in between."""

import pytest
from server.harness import JUPYTER_TOKEN

import cognito_nb as cn
from cognito_nb.errors import AuthorizationResponseError
from cognito_nb.local_pool import Fault

LOGGED_IN = {"Authorization": f"token {JUPYTER_TOKEN}"}


def test_login_by_a_browser_of_the_pool(pool, config):
    """It is the user named who is signed in, and the API takes the session."""
    session = cn.login(config=config, open_url=pool.browser("grace", headers=LOGGED_IN), timeout=20)
    assert session.user.username == "grace"
    with session.client(pool.api_url) as api:
        assert api.get("/me").json()["username"] == "grace"


def test_login_with_the_settings_of_the_pool(pool, monkeypatch):
    """The environment that a pool offers is all that a notebook needs."""
    for name, value in pool.environment().items():
        monkeypatch.setenv(name, value)
    assert cn.login(open_url=pool.browser("ada", headers=LOGGED_IN), timeout=20).user.username == "ada"


def test_login_raises_what_the_browser_brought_back(pool, config):
    """An error at the callback is the sign-in's own error."""
    pool.fail("authorize", Fault(error="access_denied"))
    with pytest.raises(AuthorizationResponseError, match="access_denied|cancel"):
        cn.login(config=config, open_url=pool.browser("ada", headers=LOGGED_IN), timeout=20)


def test_login_does_not_wait_for_a_browser_that_failed(pool, config):
    """What stopped the browser ends the sign-in at once: here Jupyter knows nobody."""
    with pytest.raises(ValueError, match=r"status \d+"):
        cn.login(config=config, open_url=pool.browser("ada"), timeout=600)
