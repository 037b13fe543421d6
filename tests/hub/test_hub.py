"""A JupyterHub with two users at once, one registered callback URL, and the local user pool."""

import re

import pytest
from hub.hub import UserServer, start_hub
from lab import PASSWORD, Lab, sign_in, write_notebook

from cognito_nb.local_pool import LocalUserPool

pytestmark = pytest.mark.browser

CELLS = ["%load_ext cognito_nb\n%cognito_login", "cognito.client(cognito.config.api_origins[0]).get('/me').json()"]


@pytest.fixture(scope="module")
def pool():
    with LocalUserPool() as pool:
        yield pool


@pytest.fixture(scope="module")
def hub(pool, proxy_command, tmp_path_factory):
    hub = start_hub(tmp_path_factory.mktemp("hub"), proxy_command)
    pool.register_callback(hub.callback)
    yield hub
    hub.stop()


@pytest.fixture
def notebook_of(hub, pool, profile):
    """Sign a user in at the Hub, in a browser profile of their own, and open a notebook on their own server."""

    def open_notebook(user, notebook):
        home = hub.home(user)
        home.mkdir(exist_ok=True)
        (home / "cognito.toml").write_text(
            f'[profiles.demo]\nissuer = "{pool.issuer}"\nuser_pool_id = "{pool.user_pool_id}"\n'
            f'client_id = "{pool.client_id}"\napi_origins = ["{pool.api_url}"]\n'  # and no redirect_uris
        )
        write_notebook(home / notebook, *CELLS)
        lab = Lab(profile(), UserServer(f"{hub.url}user/{user}/", home), f"hub-{user}")
        lab.page.goto(f"{hub.url}hub/login?next=%2Fhub%2Fspawn")
        lab.page.get_by_label("Username").fill(user)
        lab.page.get_by_label("Password").fill("any")
        lab.page.get_by_role("button", name="Sign in").click()
        lab.page.wait_for_url(re.compile(rf"/user/{user}/"), timeout=60_000)
        return lab.open(notebook, f"{lab.server.url}lab/tree/{notebook}?reset")

    return open_notebook


def test_two_users_sign_in_at_the_same_time_by_one_registered_url(notebook_of, hub, canary):
    """Each answer reaches the kernel of its own user, whatever their order; no redirect_uris are configured."""
    ada, grace = notebook_of("ada", "both.ipynb"), notebook_of("grace", "both.ipynb")
    for lab in (ada, grace):
        lab.run(0)
    pages = {lab: lab.click_sign_in(0) for lab in (ada, grace)}
    sign_in(pages[grace], "grace", PASSWORD)
    assert "Signed in as Grace" in grace.wait_done(0)
    sign_in(pages[ada], "ada", PASSWORD)
    assert "Signed in as Ada" in ada.wait_done(0)
    for lab, name in ((ada, "ada"), (grace, "grace")):
        lab.run(1)
        assert f"'username': '{name}'" in lab.wait_done(1)
        lab.screenshot("signed-in")
    # The Hub logs the way to the user's server: the code is of no use without the verifier, and was used once
    assert set(canary.leaks_in(hub.own_log)) <= {"code", "state"}


@pytest.mark.refused("AR-08", "SE-10")
def test_one_user_cannot_finish_the_sign_in_of_another(notebook_of, hub, pool):
    """Neither the start page nor the authorization request of one works in the other's browser."""
    ada, grace = notebook_of("ada", "mine.ipynb"), notebook_of("grace", "mine.ipynb")
    ada.run(0)
    start = ada.link(0).get_attribute("href")
    asked = [request.endpoint for request in pool.requests].count("token")

    page = grace.context.new_page()
    answer = page.goto(start)
    assert answer.status in (403, 404)
    page.close()

    tab = ada.click_sign_in(0)
    authorization_request = tab.url
    page = grace.context.new_page()
    page.goto(authorization_request)
    sign_in(page, "grace", PASSWORD)
    page.get_by_role("heading", name=re.compile("sign-in", re.IGNORECASE)).wait_for()
    assert page.url.startswith(f"{hub.url}user/grace/cognito/callback")
    assert "code=" not in page.url
    grace.screenshot("foreign", page)
    assert [request.endpoint for request in pool.requests].count("token") == asked

    sign_in(tab, "ada", PASSWORD)
    assert "Signed in as Ada" in ada.wait_done(0)
