"""Faults on request, as a client sees them; and that an endpoint is well again when they are used up."""

import gzip
import json
import math
import threading
import time
from contextlib import suppress
from email.utils import parsedate_to_datetime

import httpx
import pytest
from lab import wait_for

from cognito_nb.local_pool import Fault, Switches
from cognito_nb.local_pool.endpoints import ENDPOINTS, ERROR_ENDPOINTS
from cognito_nb.local_pool.faults import FaultPlan
from cognito_nb.local_pool.web import OAuthErrorHandler, PoolHandler

from .conftest import query_of

JWKS = "/.well-known/jwks.json"
BIG = 6 * 1024 * 1024


def jwks(caller, **options):
    return caller.web.get(f"{caller.pool.issuer}{JWKS}", **options)


def compact(value):
    return json.dumps(value, separators=(",", ":"))


@pytest.fixture
def rotating(make_caller):
    """Talks as a client whose refresh tokens are used once."""
    return make_caller(rotation=True)


# What a fault may be


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "nothing goes wrong"),
        ({"after": True}, "nothing goes wrong"),
        ({"status": 199}, "status takes a status from 200 to 599, not 199"),
        ({"status": True}, "status takes"),
        ({"status": "503"}, "status takes"),
        ({"status": 503, "body": "xml"}, "body takes one of json, html, empty, exception, not 'xml'"),
        ({"status": 503, "retry_after": -1}, "retry_after takes seconds or a date"),
        ({"status": 503, "retry_after": "1\r\nSet-Cookie: a"}, "retry_after takes"),
        ({"location": "http://x/\n"}, "location takes"),
        ({"error": "a\u00e9"}, "error takes"),
        ({"delay": -1}, "delay takes seconds"),
        ({"delay": 10**400}, "delay takes seconds"),
        ({"delay": math.inf}, "delay takes seconds"),
        ({"drip": None}, "drip takes seconds, not None"),
        ({"drip": math.nan}, "drip takes seconds"),
        ({"cut": "soon"}, "cut takes one of reset, close, short, half"),
        ({"size": 1.5}, "size takes a number of bytes"),
        ({"gzip": 1}, "gzip takes true or false"),
        ({"body": "html"}, "body and retry_after need a status"),
        ({"retry_after": 1}, "body and retry_after need a status"),
        ({"delay": 1, "with_state": False}, "error_description and with_state need an error"),
        ({"status": 400, "body": "json", "error": "x"}, "body and error exclude each other"),
        ({"location": "http://x/", "error": "x"}, "location and error exclude each other"),
        ({"cut": "half", "drip": 1}, "exclude each other"),
        ({"drip": 1, "gzip": True}, "exclude each other"),
    ],
)
def test_fault_refuses(fields, message):
    """A fault that cannot be is a ValueError that names the field and what it takes."""
    with pytest.raises(ValueError, match=message):
        Fault(**fields)


# How often


def test_endpoint_is_well_again_after_the_times_asked_for(caller):
    """Two answers go wrong, no third one, and none of another endpoint."""
    caller.pool.fail("jwks", Fault(status=503), times=2)
    assert caller.web.get(f"{caller.pool.issuer}/.well-known/openid-configuration").status_code == 200
    assert [jwks(caller).status_code for _ in range(3)] == [503, 503, 200]


def test_faults_come_in_the_order_in_which_they_were_asked_for(caller):
    """First in, first out."""
    caller.pool.fail("jwks", Fault(status=500), times=2)
    caller.pool.fail("jwks", Fault(status=429))
    assert [jwks(caller).status_code for _ in range(4)] == [500, 500, 429, 200]


def test_lasting_fault_ends_when_the_endpoint_is_healed(caller):
    """`times=None` lasts; `heal` with a name leaves the others ill, without one it leaves none."""
    for endpoint in ("jwks", "discovery"):
        caller.pool.fail(endpoint, Fault(status=500), times=None)
    assert {jwks(caller).status_code for _ in range(5)} == {500}
    caller.pool.heal("jwks")
    assert (jwks(caller).status_code, caller.pool.faults.pending()) == (200, {"discovery": None})
    caller.pool.heal()
    assert caller.pool.faults.pending() == {}


@pytest.mark.parametrize("times", [0, -1, True, 1.5, "2"])
def test_fail_refuses_times_that_are_no_count(pool, times):
    """At least one, or None."""
    with pytest.raises(ValueError, match="times takes a positive number"):
        pool.fail("token", Fault(status=500), times=times)


def test_fail_and_heal_refuse_an_endpoint_that_does_not_exist(pool):
    """The message lists those that do."""
    with pytest.raises(ValueError, match="no endpoint 'tokens'; there are .*jwks.*orders.*token, userinfo"):
        pool.fail("tokens", Fault(status=500))
    with pytest.raises(ValueError, match="no endpoint 'control'"):
        pool.heal("control")


def test_plan_counts_each_fault_once_among_threads():
    """Of 4,000 askers in eight threads exactly 1,000 get the fault."""
    plan, met = FaultPlan(), []
    threads = [
        threading.Thread(target=lambda: met.extend(plan.take("token") for _ in range(500)), name=f"asker-{number}")
        for number in range(8)
    ]
    plan.add("token", Fault(status=500), 1000)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(met), sum(fault is not None for fault in met)) == (4000, 1000)


# In place of an answer


@pytest.mark.parametrize(
    ("fault", "media_type", "body"),
    [
        (Fault(status=429), "application/json;charset=UTF-8", b'{"message":"Too many requests"}'),
        (
            Fault(status=400, body="exception"),
            "application/json;charset=UTF-8",
            b'{"__type":"TooManyRequestsException","message":"Rate exceeded"}',
        ),
        (Fault(status=502, body="empty"), None, b""),
    ],
)
def test_status_replaces_the_answer(caller, fault, media_type, body):
    """Status, media type and body are the fault's; scripts of web pages may read it as any answer of the endpoint."""
    caller.pool.fail("token", fault)
    response = caller.refresh("x")
    assert (response.status_code, response.headers.get("Content-Type"), response.content) == (
        fault.status,
        media_type,
        body,
    )
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["x-amz-cognito-request-id"]


@pytest.mark.parametrize("status", [200, 403])
def test_status_may_come_with_a_page(caller, status):
    """As a firewall answers, or a captive portal: HTML where JSON belongs."""
    caller.pool.fail("token", Fault(status=status, body="html"))
    response = caller.refresh("x")
    assert (response.status_code, response.headers["Content-Type"]) == (status, "text/html;charset=UTF-8")
    assert response.text.startswith(f"<html><head><title>{status} ")


@pytest.mark.parametrize("error", [None, "slow_down"])
@pytest.mark.parametrize("retry_after", [7, "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_retry_after_is_a_header(caller, retry_after, error):
    """Both forms of RFC 9110 section 10.2.3."""
    caller.pool.fail("token", Fault(status=429, error=error, retry_after=retry_after))
    assert caller.refresh("x").headers["Retry-After"] == str(retry_after)


@pytest.mark.parametrize(("status", "sent"), [(None, 307), (302, 302)])
def test_location_redirects(caller, status, sent):
    """A client that follows would bring code and secret there."""
    caller.pool.fail("token", Fault(location="http://127.0.0.1:9/elsewhere", status=status))
    response = caller.refresh("x")
    assert (response.status_code, response.headers["Location"]) == (sent, "http://127.0.0.1:9/elsewhere")


def test_fault_keeps_the_connection(caller, pool):
    """A status is an answer like any other: the next request needs no new connection."""
    pool.fail("jwks", Fault(status=503))
    streams = [jwks(caller).extensions["network_stream"].get_extra_info("client_addr") for _ in range(2)]
    assert streams[0] == streams[1]


def test_demo_api_fails_before_it_looks_at_the_token(caller):
    """Its endpoints are ill like the pool's, also for those who may not call them."""
    caller.pool.fail("orders", Fault(status=503))
    url = f"{caller.pool.api_url}/orders"
    assert [caller.web.get(url).status_code for _ in range(2)] == [503, 401]


def test_head_meets_the_fault_without_its_body(caller):
    """Also where the body alone is spoilt."""
    caller.pool.fail("health", Fault(status=503))
    caller.pool.fail("health", Fault(size=BIG))
    answers = [caller.web.head(f"{caller.pool.api_url}/health") for _ in range(2)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(503, b""), (200, b"")]


# OAuth errors


@pytest.mark.parametrize("endpoint", ["token", "revoke"])
def test_error_of_a_machine_endpoint_is_json(caller, endpoint):
    """RFC 6749 section 5.2."""
    caller.pool.fail(endpoint, Fault(error="invalid_grant", error_description="gone"))
    response = caller.web.post(f"{caller.pool.domain}/oauth2/{endpoint}", data={"client_id": caller.client_id})
    assert (response.status_code, response.json()) == (400, {"error": "invalid_grant", "error_description": "gone"})


@pytest.mark.parametrize(("endpoint", "status"), [("token", 400), ("revoke", 401)])
def test_error_of_a_machine_endpoint_has_the_status_of_the_real_one(caller, endpoint, status):
    """As without a fault, and with the same header fields."""
    url = f"{caller.pool.domain}/oauth2/{endpoint}"
    real = caller.web.post(url, data={"client_id": "nobody", "grant_type": "refresh_token"})
    caller.pool.fail(endpoint, Fault(error="invalid_client"))
    asked = caller.web.post(url, data={"client_id": caller.client_id})
    assert (asked.status_code, asked.content, asked.headers.keys()) == (status, real.content, real.headers.keys())


def test_error_of_the_identity_pool_is_an_exception_of_the_service(caller):
    """With the media type of its protocol."""
    caller.pool.fail("identity", Fault(error="NotAuthorizedException", error_description="Token is expired."))
    response = caller.web.post(caller.pool.domain)
    assert (response.status_code, response.headers["Content-Type"], response.json()) == (
        400,
        "application/x-amz-json-1.1",
        {"__type": "NotAuthorizedException", "message": "Token is expired."},
    )


@pytest.mark.parametrize("endpoint", ["jwks", "discovery", "logout", "error", "health", "profile", "other"])
def test_fail_refuses_an_error_where_there_are_none(pool, endpoint):
    """Such an endpoint can have a status, but no code; the message lists those that have."""
    with pytest.raises(ValueError, match=f"{endpoint} has no error codes; .*authorize.*login.*me, .*token, userinfo$"):
        pool.fail(endpoint, Fault(error="invalid_request"))
    pool.fail(endpoint, Fault(status=400))


def test_endpoints_are_those_of_the_handlers():
    """Whoever adds a handler adds its name; those with error codes stem from one base."""
    assert set(ENDPOINTS) == endpoints_of(PoolHandler)
    assert set(ERROR_ENDPOINTS) == endpoints_of(OAuthErrorHandler) - {"other"}


def endpoints_of(handler):
    return {handler.endpoint}.union(*map(endpoints_of, handler.__subclasses__())) - {""}


def test_preflight_of_a_browser_does_not_use_a_fault_up(caller):
    """It meets the request that the browser asks for."""
    caller.pool.fail("token", Fault(error="invalid_grant"))
    assert caller.web.options(f"{caller.pool.domain}/oauth2/token").status_code == 204
    assert caller.refresh("x").json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    ("error", "status", "sent"),
    [("invalid_token", None, 401), ("invalid_request", None, 400), ("insufficient_scope", None, 403), ("x", 418, 418)],
)
def test_error_of_userinfo_is_a_challenge_without_a_scheme(caller, error, status, sent):
    """The header of AWS's documentation, and no body."""
    caller.pool.fail("userinfo", Fault(error=error, error_description="no more", status=status))
    response = caller.userinfo("x")
    assert (response.status_code, response.headers["WWW-Authenticate"], response.content) == (
        sent,
        f'error="{error}", error_description="no more"',
        b"",
    )


def test_error_of_the_demo_api_is_a_bearer_challenge(caller):
    """RFC 6750 section 3."""
    caller.pool.fail("me", Fault(error="invalid_token"))
    response = caller.web.get(f"{caller.pool.api_url}/me")
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, 'Bearer error="invalid_token"')


@pytest.mark.parametrize("endpoint", ["authorize", "login"])
@pytest.mark.parametrize(
    "description", ["PreTokenGeneration failed with error boom.", "attributes required: [email]", None]
)
def test_error_of_a_page_goes_to_the_callback(caller, endpoint, description):
    """The browser brings error, description and state home."""
    caller.pool.fail(endpoint, Fault(error="invalid_request", error_description=description))
    callback = caller.pool.sign_in(caller.authorization_url(), "ada", "Notebook-2026!")
    members = {"error": "invalid_request", "error_description": description, "state": "the-state"}
    assert callback.startswith("http://localhost:8888/cognito/callback?")
    assert query_of(callback) == {name: value for name, value in members.items() if value is not None}


def test_error_of_a_page_comes_without_state_if_asked(caller):
    """Then no client can tell whose it is."""
    caller.pool.fail("authorize", Fault(error="access_denied", with_state=False))
    assert query_of(caller.authorize().headers["Location"]) == {"error": "access_denied"}


def test_error_of_a_page_is_in_the_fragment_for_the_implicit_flow(make_caller):
    """Where such a client looks for it."""
    caller = make_caller(flows=("implicit",))
    caller.pool.fail("authorize", Fault(error="server_error"))
    location = caller.authorize(response_type="token").headers["Location"]
    assert location == "http://localhost:8888/cognito/callback#error=server_error&state=the-state"


def test_error_of_a_page_minds_the_switches(make_caller):
    """Those for errors at the callback, and the one for the error page."""
    switches = Switches(callback_query_kept=False, state_on_errors=False, error_page_redirects=False)
    caller = make_caller({"switches": switches}, callback_urls=["http://localhost:8888/cognito/callback?a=1"])
    caller.pool.fail("authorize", Fault(error="server_error"), times=2)
    location = caller.authorize(redirect_uri="http://localhost:8888/cognito/callback?a=1").headers["Location"]
    assert location == "http://localhost:8888/cognito/callback?error=server_error"
    page = caller.authorize(redirect_uri="http://evil.example/")
    assert (page.status_code, "server_error" in page.text) == (400, True)


@pytest.mark.parametrize("changes", [{"redirect_uri": "http://evil.example/"}, {"client_id": "x"}])
def test_error_of_a_page_goes_to_no_callback_that_is_not_registered(caller, changes):
    """The fault opens no redirect: the pool's own error page shows it."""
    caller.pool.fail("authorize", Fault(error="access_denied"))
    location = caller.authorize(**changes).headers["Location"]
    assert location.startswith(f"{caller.pool.domain}/error?error=access_denied&")


# Time


def test_delay_lets_a_client_give_up(caller):
    """Once; `latency` is what lasts."""
    caller.pool.fail("jwks", Fault(delay=30))
    with pytest.raises(httpx.ReadTimeout):
        jwks(caller, timeout=0.05)
    assert jwks(caller).status_code == 200


def test_delay_comes_on_top_of_the_latency(caller):
    """Together they are waited for, then the endpoint answers as ever."""
    caller.pool.latency["jwks"] = 0.03
    caller.pool.fail("jwks", Fault(delay=0.03))
    begin = time.monotonic()
    assert len(jwks(caller).json()["keys"]) == 2
    assert time.monotonic() - begin >= 0.06


def test_drip_outlasts_a_timeout_and_never_ends(caller):
    """Each byte resets the client's read timeout: 0.2 seconds are not the end of it."""
    caller.pool.fail("jwks", Fault(drip=0.0005))
    begin, received = time.monotonic(), b""
    with caller.web.stream("GET", f"{caller.pool.issuer}{JWKS}", timeout=0.2) as response:
        own = len(compact(caller.pool.keys.jwks()))
        for piece in response.iter_raw():
            received += piece
            if time.monotonic() - begin > 0.5:
                break
    assert (response.status_code, "Content-Length" in response.headers) == (200, False)
    assert 0 < len(received) < own + 10_000
    assert received.startswith(b'{"keys":[{"alg"')


def test_drip_goes_on_with_blanks_when_the_body_is_through(caller):
    """Whoever waits for the end waits for ever."""
    caller.pool.fail("health", Fault(status=500, body="empty", drip=0.001))
    with caller.web.stream("GET", f"{caller.pool.api_url}/health") as response:
        pieces = response.iter_raw()
        received = b"".join(next(pieces) for _ in range(5))
    assert received == b" " * len(received)


@pytest.mark.parametrize("shift", [-86400, 86400])
def test_date_header_follows_the_pools_clock(caller, shift):
    """So a client can measure how far its own clock is off."""
    caller.pool.advance(shift)
    caller.pool.fail("jwks", Fault(status=503))
    for _ in range(2):
        date = parsedate_to_datetime(jwks(caller).headers["Date"]).timestamp()
        assert abs(date - time.time() - shift) < 5


# The connection


def test_reset_is_a_connection_error(caller):
    """RST in place of an answer, and nothing was done: the code can still be redeemed."""
    code = caller.code()
    caller.pool.fail("token", Fault(cut="reset"))
    with pytest.raises(httpx.ReadError, match="reset"):
        caller.redeem(code)
    assert caller.redeem(code).status_code == 200


def test_close_is_a_protocol_error(caller):
    """FIN in place of an answer."""
    caller.pool.fail("token", Fault(cut="close"))
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        caller.refresh("x")


@pytest.mark.parametrize("fault", [Fault(cut="short"), Fault(cut="short", status=503, body="empty")])
def test_short_body_is_a_protocol_error(caller, fault):
    """Fewer bytes come than Content-Length says, if only by one."""
    caller.pool.fail("jwks", fault)
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete|without sending complete message body"):
        jwks(caller)


def test_half_a_body_looks_complete(caller):
    """To httpx nothing is wrong; only the JSON does not end."""
    caller.pool.fail("jwks", Fault(cut="half"))
    response = jwks(caller)
    whole = compact(caller.pool.keys.jwks())
    assert (response.status_code, response.text) == (200, whole[: len(whole) // 2])


def test_size_fills_the_body_up(caller):
    """Six megabytes of sound JSON: only a limit stops it."""
    caller.pool.fail("jwks", Fault(size=BIG))
    response = jwks(caller)
    assert (len(response.content), response.headers["Content-Length"]) == (BIG, str(BIG))
    assert response.json() == caller.pool.keys.jwks()


def test_gzip_comes_unasked(caller):
    """A few kilobytes on the wire, six megabytes when inflated."""
    caller.pool.fail("jwks", Fault(size=BIG, gzip=True))
    with caller.web.stream("GET", f"{caller.pool.issuer}{JWKS}", headers={"Accept-Encoding": "identity"}) as response:
        raw = b"".join(response.iter_raw())
    assert response.headers["Content-Encoding"] == "gzip"
    assert len(raw) < BIG / 100
    assert (len(gzip.decompress(raw)), json.loads(gzip.decompress(raw))) == (BIG, caller.pool.keys.jwks())


def test_pool_answers_others_while_a_large_body_flows(caller):
    """A bomb that nobody reads does not hold the pool up."""
    caller.pool.fail("jwks", Fault(size=500_000_000, gzip=True))
    with caller.web.stream("GET", f"{caller.pool.issuer}{JWKS}"):
        begin = time.monotonic()
        assert caller.web.get(f"{caller.pool.api_url}/health").status_code == 200
        assert time.monotonic() - begin < 1


# Answered, then lost


@pytest.mark.parametrize("cut", ["reset", "close", "short"])
def test_lost_answer_has_rotated_the_refresh_token(rotating, cut):
    """The pool did its work, and the client will never know: the old token is dead."""
    token = rotating.tokens()["refresh_token"]
    rotating.pool.fail("token", Fault(cut=cut, after=True))
    with pytest.raises(httpx.TransportError):
        rotating.refresh(token)
    assert rotating.refresh(token).json() == {"error": "invalid_grant"}


def test_answer_that_comes_too_late_has_rotated_the_refresh_token(rotating):
    """The delay follows the work."""
    token = rotating.tokens()["refresh_token"]
    rotating.pool.fail("token", Fault(delay=30, after=True))
    with pytest.raises(httpx.ReadTimeout):
        rotating.web.post(
            f"{rotating.pool.domain}/oauth2/token",
            data={"grant_type": "refresh_token", "refresh_token": token, "client_id": rotating.client_id},
            timeout=0.1,
        )
    assert rotating.refresh(token).json() == {"error": "invalid_grant"}


def test_answer_that_is_replaced_has_rotated_the_refresh_token(rotating):
    """A gateway's 504 after the work was done; nothing of the tokens is in it."""
    token = rotating.tokens()["refresh_token"]
    rotating.pool.fail("token", Fault(status=504, body="html", after=True))
    response = rotating.refresh(token)
    assert (response.status_code, "token" in response.text) == (504, False)
    assert rotating.refresh(token).json() == {"error": "invalid_grant"}


def test_error_after_the_work_has_rotated_the_refresh_token(rotating):
    """The endpoint's error in place of the tokens, which are lost."""
    token = rotating.tokens()["refresh_token"]
    rotating.pool.fail("token", Fault(error="invalid_request", after=True))
    assert rotating.refresh(token).json() == {"error": "invalid_request"}
    assert rotating.refresh(token).json() == {"error": "invalid_grant"}


def test_fault_before_the_work_leaves_the_refresh_token_alive(rotating):
    """Without `after` nothing was rotated."""
    token = rotating.tokens()["refresh_token"]
    rotating.pool.fail("token", Fault(status=504))
    assert [rotating.refresh(token).status_code for _ in range(2)] == [504, 200]


def test_lost_sign_in_sets_no_cookie(caller):
    """What the endpoint wanted to send is put aside whole."""
    url, csrf = caller.open_sign_in_page()
    caller.pool.fail("login", Fault(status=500, after=True))
    response = caller.web.post(url, data={"_csrf": csrf, "username": "ada", "password": "Notebook-2026!"})
    assert (response.status_code, response.headers.get("Set-Cookie"), response.headers.get("Location")) == (
        500,
        None,
        None,
    )


# The end


@pytest.mark.parametrize("fault", [Fault(drip=0.01), Fault(delay=30), Fault(delay=30, after=True), Fault(size=10**9)])
def test_pool_stops_amid_a_fault(caller, fault):
    """At once, without a thread, a task or a warning left behind."""
    caller.pool.fail("jwks", fault)
    asker = threading.Thread(target=_read_to_the_end, args=(caller,))
    asker.start()
    wait_for(lambda: caller.pool.requests, "the request", 5, pause=lambda: time.sleep(0.001))
    before, begin = _pools_that_run(), time.monotonic()
    caller.pool.stop()
    assert time.monotonic() - begin < 1
    asker.join(5)
    assert not asker.is_alive()
    assert _pools_that_run() == before - 1


def _pools_that_run():
    """Other tests' pools may live as long as their session."""
    return sum(thread.name == "local-user-pool" for thread in threading.enumerate())


def _read_to_the_end(caller):
    with suppress(httpx.TransportError), caller.web.stream("GET", f"{caller.pool.issuer}{JWKS}") as response:
        for _ in response.iter_raw():
            pass
