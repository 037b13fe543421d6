"""Starting, stopping, watching and slowing a pool; and the whole flow by Authlib's own client."""

import logging
import re
import threading
import time
import warnings

import httpx
import pytest

from cognito_nb.local_pool import DEMO_PASSWORD, AppClient, Fault, Group, Lifetimes, LocalUserPool, ResourceServer, User
from cognito_nb.local_pool.endpoints import ENDPOINTS, ERROR_ENDPOINTS
from cognito_nb.local_pool.scopes import SYSTEM_SCOPES
from cognito_nb.local_pool.web import OAuthErrorHandler

CALLBACK = "http://localhost:8888/cognito/callback"


def test_authlib_client_signs_in_refreshes_and_revokes(pool):
    """An independent OAuth client goes through the whole life of a session."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # without httpx2, Authlib warns that httpx is going out of use
        from authlib.integrations.httpx_client import OAuth2Client
    verifier = "v" * 64
    with OAuth2Client(
        pool.client_id,
        token_endpoint_auth_method="none",
        scope="openid email",
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
        trust_env=False,
    ) as client:
        url, state = client.create_authorization_url(f"{pool.domain}/oauth2/authorize", code_verifier=verifier)
        callback = pool.sign_in(url, "grace", DEMO_PASSWORD)
        token_endpoint = f"{pool.domain}/oauth2/token"
        first = client.fetch_token(token_endpoint, authorization_response=callback, state=state, code_verifier=verifier)
        assert client.get(f"{pool.api_url}/me").json()["username"] == "grace"
        second = client.refresh_token(token_endpoint)
        assert second["access_token"] != first["access_token"]
        revoked = client.revoke_token(f"{pool.domain}/oauth2/revoke", first["refresh_token"])
        assert revoked.status_code == 200
        assert client.get(f"{pool.domain}/oauth2/userInfo").status_code == 401


def test_pool_describes_itself(pool):
    """Ids have Cognito's form, everything is on 127.0.0.1, and the demo users are there."""
    assert re.fullmatch(r"[\w-]+_[0-9a-zA-Z]+", pool.user_pool_id)
    assert re.fullmatch(r"[a-z0-9]{26}", pool.client_id)
    assert re.fullmatch(r"[a-z0-9]{26}", AppClient().client_id)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", pool.domain)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", pool.api_url)
    assert pool.issuer == f"{pool.domain}/{pool.user_pool_id}"
    assert [user.name for user in pool.users] == ["Ada Lovelace", "Grace Hopper", "Linus Pauling"]


def test_many_pools_run_side_by_side(make_pool, web):
    """Each on ports of its own, with an issuer of its own."""
    pools = [make_pool() for _ in range(3)]
    assert len({pool.issuer for pool in pools} | {pool.api_url for pool in pools}) == 6
    for pool in pools:
        assert web.get(f"{pool.issuer}/.well-known/openid-configuration").json()["issuer"] == pool.issuer


def test_pool_stops_and_starts_again_at_the_same_address(pool, web):
    """Connections are refused in between; threads do not pile up; stopping twice is harmless."""
    threads, domain = threading.active_count(), pool.domain
    pool.stop()
    pool.stop()
    assert threading.active_count() == threads - 1
    with pytest.raises(httpx.TransportError):
        web.get(f"{domain}/oauth2/token")
    pool.start()
    assert pool.start().domain == domain
    assert web.get(f"{domain}/oauth2/token").status_code == 405


def test_pool_stops_while_a_request_is_waiting(pool):
    """A slow endpoint does not hold the stop up; the caller loses the connection."""
    pool.latency["jwks"] = 60
    arrived, lost = threading.Event(), []
    pool.clock = lambda: arrived.set() or time.time()  # asked when the request is recorded

    def call():
        try:
            httpx.get(f"{pool.issuer}/.well-known/jwks.json", trust_env=False)
        except httpx.TransportError as error:
            lost.append(error)

    caller = threading.Thread(target=call)
    caller.start()
    assert arrived.wait(10)
    pool.stop()
    caller.join(10)
    assert lost


def test_port_in_use_is_an_error_and_leaks_no_socket(pool):
    """The second pool does not start; nor does one whose API port is taken."""
    pool_port, api_port = (int(url.rpartition(":")[2]) for url in (pool.domain, pool.api_url))
    for options in ({"port": pool_port}, {"api_port": api_port}):
        with pytest.raises(OSError, match="in use"):
            LocalUserPool(**options).start()


def test_requests_are_recorded_without_secrets(caller):
    """Endpoint, method and path in order of arrival; no query, no body."""
    caller.refresh(caller.tokens()["refresh_token"])
    seen = [(request.endpoint, request.method, request.path) for request in caller.pool.requests]
    assert seen == [
        ("authorize", "GET", "/oauth2/authorize"),
        ("login", "GET", "/login"),
        ("login", "POST", "/login"),
        ("token", "POST", "/oauth2/token"),
        ("token", "POST", "/oauth2/token"),
    ]


def test_latency_delays_one_endpoint(caller):
    """The token endpoint takes longer than anybody waits, the others do not."""
    caller.pool.latency = {"token": 3600}
    code = caller.code()
    with pytest.raises(httpx.ReadTimeout):
        caller.web.post(f"{caller.pool.domain}/oauth2/token", data={"code": code}, timeout=0.1)


def test_logs_hold_no_code_token_or_password(caller, caplog):
    """Not at DEBUG either, where Authlib logs what it issues; nor when a handler crashes."""
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)  # the test's own client logs what it sends
    code = caller.code()
    tokens = caller.redeem(code).json()
    tokens |= {f"refreshed {name}": value for name, value in caller.refresh(tokens["refresh_token"]).json().items()}
    caller.pool.clients = None
    assert caller.authorize(state="the-secret-state").status_code == 500
    secrets = [code, DEMO_PASSWORD, "the-secret-state", *(value for value in tokens.values() if len(str(value)) > 20)]
    assert "failed with AttributeError" in caplog.text
    assert [secret for secret in secrets if secret in caplog.text] == []


def test_recorded_path_is_cut(caller):
    """At 200 characters: 10,000 requests of any length fit in memory."""
    caller.web.get(f"{caller.pool.domain}/{'x' * 5000}")
    assert [len(request.path) for request in caller.pool.requests] == [200]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "0.0.0.0"])
@pytest.mark.parametrize("path", ["{0.issuer}/.well-known/jwks.json", "{0.domain}/nowhere", "{0.api_url}/health"])
def test_other_host_names_are_refused(pool, web, path, host):
    """A web page whose name was rebound to this machine reads nothing, neither of the pool nor of its API."""
    pool.fail("jwks", Fault(status=503))
    assert web.get(path.format(pool), headers={"Host": host}).status_code == 403
    assert (list(pool.requests), pool.faults.pending()) == ([], {"jwks": 1})


@pytest.mark.parametrize("moment", [3e11, 1e300, float("nan"), None])
def test_clock_out_of_order_leaves_no_connection_open(pool, web, moment):
    """Where the pool's time has no date, the answer still comes, with the true one."""
    pool.clock = lambda: moment
    answer = web.get(f"{pool.api_url}/health")
    assert (answer.status_code, "Date" in answer.headers) == (200, True)


def test_endpoints_are_those_of_the_routes(pool):
    """None is forgotten among the names for faults and latencies."""
    handlers = {rule.target for app in (pool._pool_app(), pool._api_app()) for rule in app.wildcard_router.rules}
    names = {handler.endpoint for handler in handlers} - {""}
    with_codes = {handler.endpoint for handler in handlers if issubclass(handler, OAuthErrorHandler)}
    assert (names | {"other"}, with_codes) == (set(ENDPOINTS), set(ERROR_ENDPOINTS))


def test_unknown_paths_are_404(pool, web):
    """And have no body to misread."""
    response = web.get(f"{pool.domain}/nowhere")
    assert (response.status_code, response.content) == (404, b"")


def test_added_user_can_sign_in(caller):
    """With groups and attributes of one's own."""
    caller.pool.add_user("mary", "pass word", groups=["board"], attributes={"name": "Mary", "custom:level": "7"})
    callback = caller.pool.sign_in(caller.authorization_url(scope="openid"), "mary", "pass word")
    tokens = caller.redeem(callback.partition("code=")[2].partition("&")[0]).json()
    assert caller.userinfo(tokens["access_token"]).json().items() >= {"name": "Mary", "custom:level": "7"}.items()


def test_short_lifetimes_can_be_chosen(make_pool):
    """Tokens from five seconds; the token response says so."""
    pool = make_pool(lifetimes=Lifetimes(access_token=5))
    callback = pool.sign_in(
        f"{pool.domain}/oauth2/authorize?response_type=code&client_id={pool.client_id}&redirect_uri={CALLBACK}",
        "ada",
        DEMO_PASSWORD,
    )
    form = {
        "grant_type": "authorization_code",
        "client_id": pool.client_id,
        "redirect_uri": CALLBACK,
        "code": callback.partition("code=")[2],
    }
    assert httpx.post(f"{pool.domain}/oauth2/token", data=form, trust_env=False).json()["expires_in"] == 5


def test_sign_in_without_browser_reports_what_stopped_it(caller):
    """A wrong password is an error; a refused request returns where the browser would be."""
    with pytest.raises(ValueError, match="Incorrect username or password"):
        caller.pool.sign_in(caller.authorization_url(), "ada", "wrong")
    with pytest.raises(ValueError, match="not a URL of this pool"):
        caller.pool.sign_in("https://example.com/oauth2/authorize?state=s", "ada", DEMO_PASSWORD)
    refused = caller.pool.sign_in(caller.authorization_url(client_id="x"), "ada", DEMO_PASSWORD)
    assert refused.startswith(f"{caller.pool.domain}/error?")


@pytest.mark.parametrize("url", ["/cb", "http://example.com/cb", "https://example.com/#f", "http://localhost:8888/cb#"])
def test_urls_that_cognito_would_not_register_are_refused(pool, url):
    """Relative ones, ones with a fragment, and plain http to another machine."""
    for register in (pool.register_callback, pool.register_logout):
        with pytest.raises(ValueError, match=r"absolute URL|http://"):
            register(url)


@pytest.mark.parametrize("kind", ["callback", "logout"])
def test_hundred_urls_can_be_registered_and_no_more(make_pool, kind):
    """With every client or with none; the pool's own signed-out page is not one of them."""
    pool = make_pool(AppClient(callback_urls=[]), AppClient(callback_urls=[]))
    register, urls = getattr(pool, f"register_{kind}"), [f"https://example.com/{n}" for n in range(100)]
    for url in (*urls, *urls):
        register(url)
    with pytest.raises(ValueError, match=f"{kind}_urls takes up to 100"):
        register("https://example.com/one-more")
    for client in pool.clients.values():
        assert [url for url in getattr(client, f"{kind}_urls") if url != pool.signed_out_url] == urls


def test_registered_callback_works_at_once_for_every_client(make_pool):
    """While the pool runs, and once however often it is registered."""
    pool = make_pool(AppClient(), AppClient())
    for _ in range(2):
        pool.register_callback("http://127.0.0.1:9999/cb")
    for client_id, client in pool.clients.items():
        query = f"response_type=code&client_id={client_id}&redirect_uri=http://127.0.0.1:9999/cb"
        callback = pool.sign_in(f"{pool.domain}/oauth2/authorize?{query}", "ada", DEMO_PASSWORD)
        assert callback.startswith("http://127.0.0.1:9999/cb?code=")
        assert client.callback_urls.count("http://127.0.0.1:9999/cb") == 1


def test_pools_share_no_client(make_pool):
    """What is registered with one is neither with the other nor in what both were made of."""
    client = AppClient()
    first, second = make_pool(client), make_pool(client)
    first.register_callback("http://127.0.0.1:9999/cb")
    assert "http://127.0.0.1:9999/cb" not in [*second.clients[client.client_id].callback_urls, *client.callback_urls]
    assert (second.clients[client.client_id].logout_urls, client.logout_urls) == ([second.signed_out_url], [])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"pool_id": "nonsense"}, "user pool id"),
        ({"clients": []}, "at least one"),
        ({"clients": [AppClient(client_id="one"), AppClient(client_id="one")]}, "more than one AppClient .* 'one'"),
        ({"users": [User(username="mary"), User(username="mary")]}, "more than one User .* 'mary'"),
        ({"groups": [Group("a"), Group("a")]}, "more than one Group .* 'a'"),
    ],
)
def test_impossible_options_are_refused(options, said):
    """A pool id without underscore, no client at all, two records of one name."""
    with pytest.raises(ValueError, match=said):
        LocalUserPool(**options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"port": "9"}, "port takes int, not str"),
        ({"api_port": True}, "api_port takes int, not bool"),
        ({"pool_id": 7}, "pool_id takes str, not int"),
        ({"users": ["m"]}, "users takes a list of User, not of str"),
        ({"users": User(username="mary")}, "users takes a list of User, not User"),
        ({"groups": "readers"}, "groups takes a list of Group, not str"),
        ({"lifetimes": {"access_token": 50}}, "lifetimes takes Lifetimes or None, not dict"),
        ({"switches": {"userinfo_post": True}}, "switches takes Switches or None, not dict"),
    ],
)
def test_option_of_another_type_is_refused(options, said):
    """By its name, before the pool starts."""
    with pytest.raises(TypeError, match=f"^{said}$"):
        LocalUserPool(**options)


def test_client_must_not_ask_for_a_scope_that_there_is_not():
    """Cognito would not register it; with the resource server it is all right."""
    client = AppClient(client_id="web", scopes=("openid", "orders/read"))
    with pytest.raises(ValueError, match="client 'web' asks for 'orders/read'; there is no resource server 'orders'"):
        LocalUserPool(clients=[client])
    assert LocalUserPool(clients=[client], resource_servers=[ResourceServer("orders", ("read",))])


def test_client_without_scopes_has_all_of_the_pool(make_pool):
    """Those of the pool's resource servers, and none of another's."""
    pool = make_pool(resource_servers=[ResourceServer("orders", ("read",))])
    assert set(pool.clients[pool.client_id].scopes) == {*SYSTEM_SCOPES, "orders/read"}


def test_default_pool_has_groups_and_a_resource_server(pool):
    """What the demo users are members of, and what the default client may ask for."""
    assert {name for user in pool.users for name in user.groups} == set(pool.groups)
    custom = {scope for server in pool.resource_servers.values() for scope in server.full_scopes}
    assert custom == {"demo-api/reports.read"} <= set(pool.clients[pool.client_id].scopes)


def test_federated_user_can_be_added(make_caller):
    """Without a password, under the name that Cognito gives."""
    caller = make_caller(identity_providers=("COGNITO", "Google"))
    user = caller.pool.add_user("7", provider="Google")
    assert caller.pool.user("Google_7") == user
    url = caller.authorization_url(identity_provider="Google", redirect_uri=CALLBACK)
    assert caller.pool.sign_in(url, "Google_7", "").startswith(f"{CALLBACK}?code=")
