"""Discovery, keys, TLS, proxy and clock: each fault seeded, each named."""

import asyncio
import socket
import ssl
from email.utils import formatdate
from types import SimpleNamespace

import pytest
import trustme

import cognito_nb as cn
from cognito_nb.doctor import reach
from cognito_nb.doctor.case import Case
from cognito_nb.doctor.finding import found
from cognito_nb.errors import NetworkError
from cognito_nb.local_pool.faults import Fault
from cognito_nb.local_pool.strictness import Switches
from cognito_nb.protocol.http import HttpRequest, HttpResponse

from .conftest import by_id, examine, troubles

POOL = {"user_pool_id": "eu-west-1_AbC123", "client_id": "abc"}
PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _no_proxy_of_the_developers_own(monkeypatch):
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def test_unknown_user_pool_is_named(start_pool):
    """The issuer's host answers, but knows no such pool; nothing further is asked."""
    pool = start_pool()
    findings = examine(pool, issuer=pool.issuer.replace("Demo", "Dema"))
    assert troubles(findings) == [("failed", "user_pool_unknown")]
    assert by_id(findings, "authorize:") == by_id(findings, "jwks") == []


def test_pool_without_a_domain_is_named(start_pool):
    """It has no sign-in page."""
    assert troubles(examine(start_pool(switches=Switches(has_domain=False)))) == [("failed", "no_domain")]


def test_other_issuer_is_named(start_pool):
    """The document is the right one, under another name."""
    pool = start_pool()
    findings = examine(pool, issuer=pool.issuer.replace("127.0.0.1", "localhost"))
    assert troubles(findings) == [("failed", "issuer_differs")]


def test_host_that_does_not_answer_is_named(start_pool):
    """Nobody listens there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        issuer = f"http://127.0.0.1:{taken.getsockname()[1]}/local_Demo12345"
        findings = examine(start_pool(), issuer=issuer)
    assert troubles(findings) == [("failed", "network")]


def test_throttling_is_named(start_pool):
    """It passes, and is no fault of the settings."""
    pool = start_pool()
    pool.fail("discovery", Fault(status=429, body="exception"), times=None)
    assert troubles(examine(pool)) == [("failed", "throttled")]


def test_keys_that_cannot_be_had_are_a_finding_of_their_own(start_pool):
    """Without them no token can be verified; the sign-in page is looked at all the same."""
    pool = start_pool()
    pool.fail("jwks", Fault(status=404, body="html"), times=None)
    findings = examine(pool)
    assert troubles(findings) == [("failed", "")]  # there is such a user pool: discovery has shown it
    assert by_id(findings, "jwks")[0].status == "failed"
    assert by_id(findings, "authorize:")[0].status == "ok"


def test_certificate_that_is_not_trusted_is_named_with_its_issuer(start_pool):
    """Who has issued it tells a company's proxy from Amazon."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA(organization_name="Company Proxy").issue_cert("127.0.0.1").configure_cert(context)
    findings = examine(start_pool(pool={"ssl_context": context}))
    assert troubles(findings) == [("failed", "tls_untrusted")]
    assert "Company Proxy" in by_id(findings, "discovery")[0].cause


def test_fault_without_a_row_does_not_speak_of_a_cell():
    """A terminal has none."""
    assert (
        found("settings", "Settings", "", detail="It is none.").fix
        == "Correct what the cause names, then run this again."
    )


def test_proxy_that_cannot_be_used_is_named(start_pool, monkeypatch):
    """The HTTP library refuses its scheme before anything is sent."""
    monkeypatch.setenv("ALL_PROXY", "gopher://proxy.example.com:70")
    assert troubles(examine(start_pool())) == [("failed", "proxy_unusable")]


@pytest.mark.parametrize(("seconds", "status"), [(20, "warning"), (-20, "warning"), (120, "failed"), (-4000, "failed")])
def test_clock_that_differs_is_named(start_pool, seconds, status):
    """From five seconds on it is worth a warning; beyond what tokens forgive it fails."""
    pool = start_pool()
    pool.advance(seconds)
    assert troubles(examine(pool)) == [(status, "clock_wrong")]
    assert ("behind" if seconds > 0 else "ahead of") in by_id(examine(pool), "clock")[0].cause


def test_endpoints_from_a_configured_domain_need_no_discovery(start_pool):
    """The settings say where they are; the keys are fetched all the same."""
    pool = start_pool()
    findings = examine(pool, domain=pool.domain)
    assert troubles(findings) == []
    assert pool.domain in by_id(findings, "discovery")[0].title
    assert not [request for request in pool.requests if request.endpoint == "discovery"]


def test_domain_of_an_unknown_user_pool_is_told_by_the_keys(start_pool):
    """Without discovery, the keys' address is the first that the user pool itself answers."""
    pool = start_pool()
    pool.fail("jwks", Fault(status=404, body="json"), times=None)
    findings = examine(pool, domain=pool.domain)
    assert troubles(findings) == [("failed", "user_pool_unknown")]
    assert "not asked" in by_id(findings, "discovery")[0].title


def test_answer_of_somebody_else_says_where_to_look(start_pool):
    """A page in the place of the discovery document has no row of its own."""
    pool = start_pool()
    pool.fail("discovery", Fault(status=200, body="html"), times=None)
    finding = by_id(examine(pool), "discovery")[0]
    assert finding.fix.endswith(f"open {pool.issuer}/.well-known/openid-configuration in a browser.")


@pytest.mark.parametrize(
    ("proxy", "shown"),
    [
        ("http://user:password@proxy.example.com:3128", "http://proxy.example.com:3128"),
        ("http://user:pass/word@proxy.example.com:3128", "http://proxy.example.com:3128"),
        ("http://user:p@ss#word?@proxy.example.com:3128/", "http://proxy.example.com:3128"),
        ("user:password@proxy.example.com:3128", "http://proxy.example.com:3128"),
        ("http://[::1]:3128", "http://[::1]:3128"),
        ("http://user:password", "a proxy"),
        ("http://[bad", "a proxy"),
        ("http://proxy.example.com:3128/password", "a proxy"),
    ],
)
def test_proxy_is_shown_without_its_password(monkeypatch, proxy, shown):
    """Its user and password are nobody else's business, whatever characters they have."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    assert reach.proxy_for("https://cognito-idp.eu-west-1.amazonaws.com/") == shown


@pytest.mark.parametrize(
    ("proxy", "words"),
    [("http://[bad", "through a proxy"), ("http://a:b@c.example:1", "through the proxy http://c.example:1")],
)
def test_way_to_the_user_pool_names_the_proxy(monkeypatch, proxy, words):
    """A value that is no URL ends in no traceback."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    assert reach._way_to("https://auth.example.com/") == f"reached {words}"


@pytest.mark.parametrize(
    ("url", "excepted"),
    [("https://127.0.0.1:8443/", ""), ("https://auth.example.com/", "example.com"), ("http://auth.example.com/", "")],
)
def test_proxy_is_not_used_for(monkeypatch, url, excepted):
    """Loopback, what NO_PROXY names, and another scheme."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    monkeypatch.setenv("NO_PROXY", excepted)
    assert reach.proxy_for(url) is None


def test_certificate_of_nobody_has_no_issuer():
    """Where nobody listens, nothing is said."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert reach.certificate_issuer(f"https://127.0.0.1:{taken.getsockname()[1]}/") == ""


def test_title_says_how_the_user_pool_is_reached(start_pool):
    """Whether there is a proxy or TLS on the way."""
    findings = examine(start_pool())
    assert by_id(findings, "discovery")[0].title.endswith(", without TLS, on this machine")


def test_certificate_that_is_trusted_is_shown_with_its_issuer(start_pool, monkeypatch):
    """A company's authority in the system's store is no fault, but good to know."""
    authority, context = trustme.CA(organization_name="Company Proxy"), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(trusting)
    monkeypatch.setattr("cognito_nb.tokens.transport.tls_context", lambda: trusting)
    findings = examine(start_pool(pool={"ssl_context": context}))
    assert troubles(findings) == []
    assert by_id(findings, "discovery")[0].title.endswith("reached without a proxy, certificate by Company Proxy")


def test_certificate_behind_a_proxy_is_not_fetched(monkeypatch):
    """The direct way is another one than the tokens': it may be closed, or show another certificate."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setattr(reach, "certificate_issuer", lambda _: pytest.fail("connected directly"))
    config = cn.CognitoConfig(**POOL)
    untrusted = NetworkError("It has a TLS certificate that this machine does not trust.", cause="tls_untrusted")
    finding = reach._unreached(Case(config, None, in_kernel=False), "jwks", "Keys", untrusted, config.issuer)
    assert finding.code == "tls_untrusted"


def clock_finding(*, began, ended, dates):
    """Compare a clock with answers of these dates, each to an exchange of this length."""
    answers = [HttpResponse(200, {"date": formatdate(date, usegmt=True)}) for date in dates]

    async def send(_):
        return answers.pop(0)

    transport = SimpleNamespace(background=SimpleNamespace(run=asyncio.run), send=send)
    ticks = iter([began, ended] * len(dates))
    case = Case(cn.CognitoConfig(**POOL), transport, in_kernel=False, clock=lambda: next(ticks))
    (finding,) = reach._check_clock(case, [reach._timed(case, HttpRequest("host", "GET", "")) for _ in dates])
    return finding


def test_clock_is_compared_with_the_middle_of_the_exchange():
    """A slow answer is no wrong clock."""
    assert clock_finding(began=1000, ended=1016, dates=[1008]).status == "ok"


def test_date_has_lost_half_a_second_on_average():
    """It has whole seconds, cut off."""
    assert clock_finding(began=1005.2, ended=1005.2, dates=[1000]).status == "ok"


def test_clock_is_judged_by_the_answer_that_fits_best():
    """Another answer may have come out of a cache, or by a proxy whose own clock is wrong."""
    assert clock_finding(began=1000, ended=1000, dates=[1600, 1000]).status == "ok"
