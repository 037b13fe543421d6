"""`grant = "client_credentials"`: an app client that signs in for itself, where no person, server or browser is."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import keyring
import nbformat
import pytest
from nbclient import NotebookClient
from tokens.keyrings import MemoryKeyring

import cognito_nb as cn
from cognito_nb import flow
from cognito_nb.errors import (
    ConfigurationError,
    NetworkError,
    NotSignedInError,
    SessionExpiredError,
    TokenResponseError,
    TokenVerificationError,
)
from cognito_nb.local_pool import AppClient, Fault, LocalUserPool, ResourceServer
from cognito_nb.local_pool.keys import PoolKeys, SigningKey
from cognito_nb.status import session_card, show_status
from cognito_nb.tokens import background
from cognito_nb.tokens import user_pool as user_pool_module
from cognito_nb.tokens.access import take_server_access
from cognito_nb.widget.card import SessionCard

from .conftest import config_of

SECRET = "s3cretOfTheClientThatSignsInForItself"
READ, REPORTS = "stock/read", "demo-api/reports.read"
SERVERS = [ResourceServer("demo-api", ("reports.read",)), ResourceServer("stock", ("read",))]


@pytest.fixture(scope="module")
def keys():
    return PoolKeys.generate()


@pytest.fixture
def pool(keys):
    client = AppClient(client_secret=SECRET, flows=("client_credentials",))
    with LocalUserPool(clients=[client], resource_servers=SERVERS, keys=keys) as pool:
        yield pool


@pytest.fixture(autouse=True)
def nowhere(kernel, monkeypatch):
    """A plain Python process: no Jupyter server, no terminal, no person."""
    for name in [name for name in os.environ if name.startswith("COGNITO_NB_")]:
        monkeypatch.delenv(name)
    take_server_access.cache_clear()
    monkeypatch.setattr(background, "_CLEAN_UP", 0.3)


def settings(pool, **changes):
    return config_of(pool, **{"grant": "client_credentials", "client_secret": SECRET, **changes})


def asked(pool):
    return [request.endpoint for request in pool.requests].count("token")


def change_secret(pool):
    pool.clients[pool.client_id].client_secret = SECRET[::-1]


def test_login_needs_no_person_and_no_server(login, pool):
    """One token request, and the app client is its own user."""
    session = login(config=settings(pool))
    assert (session.user.username, session.user.sub) == (pool.client_id, pool.client_id)
    assert asked(pool) == 1
    assert not {"authorize", "login"} & {request.endpoint for request in pool.requests}


def test_login_a_second_time_is_a_no_op(login, pool):
    """As for any session."""
    session = login(config=settings(pool))
    pool.requests.clear()
    assert login(config=settings(pool)) is session
    assert not pool.requests


def test_login_later_and_the_button_need_no_person(pool, monkeypatch):
    """There is a session at once: nobody has to click."""
    monkeypatch.setattr(flow, "load_config", lambda _: settings(pool))
    bound = []
    flow.login_later(then=bound.append).result(10)
    button = cn.LoginButton(config=settings(pool, scopes=[REPORTS]))
    assert [session.source for session in bound] == ["client credentials"]
    assert isinstance(button.children[0], SessionCard)


def test_login_by_force_asks_anew(login, pool):
    """No browser is needed for it either."""
    session = login(config=settings(pool))
    assert login(config=settings(pool), force=True) is not session
    assert (asked(pool), session.is_alive) == (2, False)


@pytest.mark.parametrize(("scopes", "granted"), [({}, {READ, REPORTS}), ({"scopes": [REPORTS]}, {REPORTS})])
def test_login_asks_for_custom_scopes(pool, scopes, granted):
    """All that the app client has, or those that the setting names; nothing of it is odd."""
    session = cn.login(config=settings(pool, **scopes))
    assert (set(session.scopes), session.missing_scopes, session.unasked_scopes) == (granted, (), ())


@pytest.mark.parametrize("scopes", [[REPORTS], [], [READ, REPORTS]])
def test_a_session_of_some_scopes_does_not_serve_others(pool, scopes):
    """A second login with another scope, or for all that there are, asks for it."""
    first = cn.login(config=settings(pool, scopes=[READ]))
    assert REPORTS in cn.login(config=settings(pool, scopes=scopes)).scopes
    assert not first.is_alive


def test_a_session_of_an_app_client_does_not_serve_a_person(pool):
    """Even of the same app client: the grant differs."""
    session = cn.login(config=settings(pool))
    assert not session.serves(config_of(pool, scopes=[READ]))


def test_the_api_takes_the_token(pool):
    """Where a scope is enough; a client is in no group."""
    session = cn.login(config=settings(pool))
    with session.client(pool.api_url) as api:
        statuses = [api.get(path).status_code for path in ("/me", "/reports/revenue", "/audit")]
    assert statuses == [200, 200, 403]


def test_there_is_no_id_token_to_send(pool):
    """The error says what to send."""
    session = cn.login(config=settings(pool))
    with session.client(pool.api_url, token="id") as api, pytest.raises(NotSignedInError, match="access token"):
        api.get("/profile")


def test_there_is_no_user_to_ask_about(pool):
    """UserInfo would answer 401."""
    session = cn.login(config=settings(pool))
    pool.requests.clear()
    with pytest.raises(ConfigurationError, match="no user"):
        session.userinfo()
    assert not pool.requests


class Day:
    """A session of an app client, and one clock for both sides that a test moves on."""

    def __init__(self, pool, monkeypatch):
        self.pool, self.passed = pool, 0.0
        self.session = cn.login(config=settings(pool))
        pool.clock = clock = lambda: time.time() + self.passed
        monotonic = lambda: time.monotonic() + self.passed  # noqa: E731 - one of a pair
        self.session.token_source.clock, self.session.token_source.monotonic = clock, monotonic
        monkeypatch.setattr(user_pool_module, "time", SimpleNamespace(time=clock, monotonic=monotonic))
        pool.requests.clear()

    def statuses(self, count):
        """Call the API from threads that start together."""
        barrier = threading.Barrier(count)

        def call():
            barrier.wait(10)
            return api.get("/me").status_code

        with self.session.client(self.pool.api_url) as api, ThreadPoolExecutor(count) as executor:
            return [future.result(30) for future in [executor.submit(call) for _ in range(count)]]


@pytest.fixture
def day(pool, monkeypatch):
    return Day(pool, monkeypatch)


def test_three_expiries_twenty_callers_and_a_503(day):
    """Nobody sees an error, and each expiry costs one request, two where the first is answered with 503."""
    for expiry in range(3):
        day.passed += 3601
        if expiry == 1:
            day.pool.fail("token", Fault(status=503))
        assert day.statuses(20) == [200] * 20
    assert asked(day.pool) == 4


def test_a_token_is_renewed_before_it_ends(day):
    """A call in its last minutes goes out at once, and a request follows in the background."""
    day.passed += 3500
    old = day.session.token_source.tokens
    renewed = threading.Event()
    day.session.on_refresh(lambda _: renewed.set())
    assert day.statuses(1) == [200]
    assert renewed.wait(10)
    assert day.session.token_source.tokens.access.token != old.access.token


def test_a_401_renews_once(day):
    """The API does not know the key any more: one request, and the call goes out again."""
    day.pool.rotate_keys()
    assert day.statuses(1) == [200]
    assert asked(day.pool) == 1


def test_a_secret_that_was_changed_ends_the_session(day):
    """One clear error with what to compare; after that, one is told to sign in."""
    change_secret(day.pool)
    day.passed += 3601
    with day.session.client(day.pool.api_url) as api:
        with pytest.raises(SessionExpiredError, match=r"invalid_client[^$]*client_secret"):
            api.get("/me")
        with pytest.raises(NotSignedInError, match="The session has ended"):
            api.get("/me")


def test_an_endpoint_that_is_down_does_not_end_the_session(day, monkeypatch):
    """The call fails, the next one works."""

    async def no_time(seconds):
        day.passed += seconds

    monkeypatch.setattr(day.session._engine, "_sleep", no_time)
    day.passed += 3601
    day.pool.fail("token", Fault(status=503), times=50)
    with day.session.client(day.pool.api_url) as api, pytest.raises(NetworkError, match="503"):
        api.get("/me")
    day.pool.heal("token")
    day.passed += 60
    assert day.statuses(1) == [200]


@pytest.mark.parametrize(
    ("spoil", "code", "words"),
    [
        (change_secret, "invalid_client", "client_secret"),
        (lambda pool: setattr(pool.clients[pool.client_id], "flows", ("code",)), "unauthorized_client", "grant"),
        (lambda pool: setattr(pool.clients[pool.client_id], "scopes", (READ,)), "invalid_scope", "custom scopes"),
        (
            lambda pool: setattr(pool.clients[pool.client_id], "oauth_enabled", False),
            "invalid_grant",
            "AllowedOAuthFlowsUserPoolClient",
        ),
    ],
)
def test_a_refusal_says_what_to_set(login, pool, spoil, code, words):
    """No button is shown that nobody would click."""
    spoil(pool)
    with pytest.raises(TokenResponseError) as caught:
        login(config=settings(pool, scopes=[REPORTS]))
    assert (type(caught.value), caught.value.error, words in caught.value.hint) == (TokenResponseError, code, True)


def test_a_token_of_somebody_else_is_refused(pool, monkeypatch):
    """The subject must be the app client itself."""
    sign = SigningKey.sign
    monkeypatch.setattr(SigningKey, "sign", lambda key, claims: sign(key, {**claims, "sub": "somebody-else"}))
    with pytest.raises(TokenVerificationError) as caught:
        cn.login(config=settings(pool))
    assert caught.value.claim == "sub"


def test_views_name_the_app_client(pool, capsys):
    """The status line, the card and its facts; no person is named."""
    session = cn.login(config=settings(pool))
    show_status()
    assert "from: client credentials" in capsys.readouterr().out
    facts = session_card(session)._facts
    assert (facts["name"], facts["source"]) == (f"app client {pool.client_id}", "client credentials")


def test_signing_out_is_honest(pool, logout, capsys):
    """There is nothing to revoke, and no browser to sign out of; Cognito hears nothing."""
    session = cn.login(config=settings(pool))
    pool.requests.clear()
    logout()
    said = capsys.readouterr().out
    assert ("Tokens revoked" in said, "did not confirm" in said, "/logout" in said) == (False, False, False)
    assert "no refresh token to revoke" in said
    assert (session.is_alive, len(pool.requests)) == (False, 0)


def environment(pool, monkeypatch, **changes):
    """Set what CI sets."""
    variables = {**pool.environment(), "COGNITO_NB_GRANT": "client_credentials", **changes}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def test_a_notebook_signs_in_by_the_environment(pool, tmp_path, monkeypatch):
    """As in CI, with nbclient."""
    environment(pool, monkeypatch)
    cells = ["%load_ext cognito_nb", "%cognito_login", "%cognito_status"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert f"Signed in as app client {pool.client_id}" in str(notebook)


def test_a_file_may_name_the_grant_and_no_secret(pool, tmp_path, monkeypatch):
    """The rest comes from the environment."""
    environment(pool, monkeypatch, COGNITO_NB_GRANT="")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cognito.toml").write_text('[profiles.ci]\ngrant = "client_credentials"\n')
    assert cn.login().source == "client credentials"


@pytest.fixture
def entries(monkeypatch):
    """The entries of a keyring that works, by service and user name."""
    backend = MemoryKeyring()
    monkeypatch.setattr(keyring.core, "_keyring_backend", backend)
    return backend.entries


def test_the_secret_comes_from_the_keyring(login, pool, entries):
    """Where the setting says so; it is looked up once, and renewals go on with it."""
    entries[f"cognito_nb client_secret {pool.user_pool_id}", pool.client_id] = SECRET
    session = login(config=settings(pool, client_secret="keyring"))
    entries.clear()
    session.refresh()
    assert session.user.username == pool.client_id


def test_a_keyring_without_the_secret_says_how_to_put_it_there(login, pool, entries):
    """Another pool's entry does not count, and nothing is sent."""
    entries["cognito_nb client_secret eu-west-1_Other", pool.client_id] = SECRET
    with pytest.raises(ConfigurationError, match="python -m keyring set") as caught:
        login(config=settings(pool, client_secret="keyring"))
    assert (caught.value.setting, len(pool.requests)) == ("client_secret", 0)


def test_the_secret_is_shown_nowhere(canary, login, pool, capsys, caplog):
    """Neither where it works nor where it is refused."""
    session = login(config=settings(pool))
    show_status()
    said = f"{session!r} {session.config!r} {session.user!r}"
    session.sign_out()
    change_secret(pool)
    with pytest.raises(TokenResponseError) as caught:
        login(config=settings(pool))
    output = capsys.readouterr()
    canary.plant(SECRET)
    canary.assert_silent({"said": said, "error": str(caught.value), "logs": caplog.text, "output": output.out})
