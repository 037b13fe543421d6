"""A session from a refresh token in the settings: where nobody can sign in."""

import dataclasses
import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import cognito_nb as cn
from cognito_nb.errors import ConfigurationError, SessionExpiredError
from cognito_nb.local_pool import AppClient, Fault, LocalUserPool
from cognito_nb.tokens.access import take_server_access

from .conftest import config_of

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.fixture
def injected(pool):
    """Settings with a refresh token of ada's."""
    return config_of(pool, refresh_token=pool.tokens("ada")["refresh_token"])


@pytest.fixture
def nowhere(monkeypatch):
    """A plain Python process: no Jupyter server, no terminal, no person."""
    for name in [name for name in os.environ if name.startswith("COGNITO_NB_")]:
        monkeypatch.delenv(name)
    take_server_access.cache_clear()


def test_login_needs_no_person_and_no_server(nowhere, login, injected, pool):
    """One token request, and ada is signed in."""
    pool.requests.clear()
    session = login(config=injected)
    assert session.user.username == "ada"
    assert [request.endpoint for request in pool.requests].count("token") == 1
    assert not {"authorize", "login"} & {request.endpoint for request in pool.requests}


def test_login_a_second_time_is_a_no_op(nowhere, login, injected, pool):
    """As for any session."""
    session = login(config=injected)
    pool.requests.clear()
    assert login(config=injected) is session
    assert not pool.requests


def test_a_rotating_client_goes_on_from_the_new_refresh_token(nowhere):
    """The injected one is dead after its first use."""
    with LocalUserPool(clients=[AppClient(rotation=True)]) as pool:
        session = cn.login(config=config_of(pool, refresh_token=pool.tokens("grace")["refresh_token"]))
        for _ in range(3):
            session.refresh()
        assert session.userinfo()["username"] == "grace"


def test_a_refused_token_is_told_with_the_setting(nowhere, login, pool):
    """No button is shown that nobody would click."""
    with pytest.raises(SessionExpiredError, match=r"setting refresh_token[^$]*COGNITO_NB_REFRESH_TOKEN"):
        login(config=config_of(pool, refresh_token="a-refresh-token-that-nobody-has-issued"))


def test_a_token_endpoint_that_is_down_is_told(nowhere, login, injected, pool):
    """The next run tries again with the same token."""
    pool.fail("token", Fault(status=503))
    with pytest.raises(cn.errors.NetworkError, match="503"):
        login(config=injected)
    assert login(config=injected).user.username == "ada"


def test_signing_out_revokes(nowhere, login, injected, pool, logout):
    """The injected refresh token is dead afterwards."""
    login(config=injected)
    logout()
    with pytest.raises(SessionExpiredError):
        login(config=injected)


def test_a_file_may_not_hold_it(nowhere, tmp_path, monkeypatch):
    """What is committed is read by many."""
    (tmp_path / "cognito.toml").write_text('[profiles.dev]\nrefresh_token = "x"\n')
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match="COGNITO_NB_REFRESH_TOKEN"):
        cn.login("dev")


@pytest.mark.parametrize("name", ["00_start_here", "01_sign_in", "02_call_an_api", "03_data_at_scale"])
def test_notebooks_run_without_a_person(nowhere, pool, tmp_path, monkeypatch, name):
    """Authors test their notebooks against a local pool, with nbclient as in CI."""
    for variable, value in pool.environment("ada").items():
        monkeypatch.setenv(variable, value)
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert "Signed in as" in str(notebook)


@pytest.mark.refused("NL-15")
def test_a_file_may_not_say_where_it_goes(nowhere, tmp_path, monkeypatch, pool):
    """A cloned cognito.toml with a user pool of the attacker's would get the token without anybody's click."""
    (tmp_path / "cognito.toml").write_text('[profiles.dev]\nuser_pool_id = "eu-west-1_Evil"\nclient_id = "evil"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COGNITO_NB_REFRESH_TOKEN", pool.tokens("ada")["refresh_token"])
    with pytest.raises(ConfigurationError, match="user_pool_id, client_id"):
        cn.login()


@pytest.mark.refused("NL-15")
def test_a_file_may_not_divert_it(nowhere, tmp_path, monkeypatch, pool):
    """One line about an endpoint is enough to refuse."""
    (tmp_path / "cognito.toml").write_text('[profiles.default]\nendpoints = {token = "http://127.0.0.1:9/t"}\n')
    monkeypatch.chdir(tmp_path)
    for variable, value in pool.environment("ada").items():
        monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError, match="endpoints"):
        cn.login()


def test_another_token_is_another_session(nowhere, login, pool):
    """Grace's token never gives Ada's session, or every call would go out as the wrong user."""
    for who in ("ada", "grace"):
        assert login(config=config_of(pool, refresh_token=pool.tokens(who)["refresh_token"])).user.username == who


@pytest.mark.parametrize(
    ("had", "now", "same"),
    [
        ({}, {"api_origins": ["https://evil.example"]}, False),
        ({"api_origins": "profile 'dev' in /mine"}, {"api_origins": ["https://more.example"]}, False),
        ({}, {"domain": "https://evil.example"}, False),
        ({}, {"endpoints": {"token": "http://127.0.0.1:9/t"}}, False),
        ({}, {"logout_uri": "http://localhost:8888/other"}, True),
    ],
)
def test_a_session_serves_no_file_that_sends_tokens_further(nowhere, injected, had, now, same):
    """Another folder's cognito.toml widens no session that is there."""
    session = cn.login(config=dataclasses.replace(injected, sources=had))
    theirs = dataclasses.replace(injected, sources=dict.fromkeys(now, "profile 'dev' in /clone"), **now)
    assert session.serves(theirs) is same


def test_a_session_follows_its_own_file(nowhere, injected):
    """An origin that the user adds to the file needs no new sign-in."""
    mine = {"client_id": "profile 'dev' in /mine"}
    session = cn.login(config=dataclasses.replace(injected, sources=mine))
    more = {
        "api_origins": [*injected.api_origins, "https://more.example"],
        "sources": dict.fromkeys(("api_origins",), mine["client_id"]),
    }
    assert session.serves(dataclasses.replace(injected, **more))
