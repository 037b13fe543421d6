"""What is asked again, so that a finding names the very scope, setting or callback URL."""

import pytest

from cognito_nb.doctor.narrowing import refused_scopes, scope_fault
from cognito_nb.local_pool import ResourceServer
from cognito_nb.local_pool.faults import Fault

from .conftest import CALLBACK, asked, by_id, examine, found_pool, troubles


def test_fix_names_the_very_scope(start_pool):
    """Of many scopes, the one that is not enabled."""
    api = ResourceServer("my.api", ("read", "write"))
    pool = start_pool(pool={"resource_servers": [api]}, scopes=("openid", "email", "my.api/write"))
    finding = by_id(examine(pool, scopes=["openid", "email", "my.api/write", "my.api/read"]), "authorize:")[0]
    assert finding.cause == "scope_not_enabled: my.api/read is not enabled on the app client."
    assert finding.fix.startswith("Enable my.api/read on")


def test_scopes_that_need_a_refused_openid_are_not_blamed(start_pool):
    """Without openid, email is refused too, but is not at fault."""
    pool = start_pool(scopes=("email",))
    finding = by_id(examine(pool, scopes=["openid", "email"]), "authorize:")[0]
    assert finding.cause == "scope_not_enabled: openid is not enabled on the app client."


def test_option_that_cognito_refuses_is_named(start_pool):
    """A provider that the app client does not have: without it the request is a good one."""
    finding = by_id(examine(start_pool(), identity_provider="Gogle", lang="de"), "authorize:")[0]
    assert (finding.status, finding.code) == ("failed", "no_identity_provider")
    assert "identity_provider" in finding.cause


def test_option_without_which_all_is_well_is_named(start_pool):
    """Managed login takes one value of prompt with none, not two."""
    finding = by_id(examine(start_pool(), prompt="none login", lang="de"), "authorize:")[0]
    assert (
        finding.cause
        == "invalid_request: Cognito refuses the setting prompt: without it, the same request is a good one."
    )


def test_slow_answers_end_the_search_for_the_scope(start_pool, transport):
    """The fault is named without it."""
    pool = start_pool(scopes=("openid",))
    case = found_pool(pool, transport, scopes=["openid", "email"])
    case.deadline = 0.0
    assert refused_scopes(case, CALLBACK) == []
    assert asked(pool, "authorize") == 0


def test_scope_is_not_blamed_for_throttling(start_pool):
    """The fault is certain, which scope it is has no answer."""
    pool = start_pool()
    pool.fail("authorize", Fault(error="invalid_scope"))
    pool.fail("authorize", Fault(status=503, body="html", retry_after=1), times=None)
    finding = by_id(examine(pool), "authorize:")[0]
    assert finding.code == "scope_not_enabled"
    assert "openid" not in finding.fix


def test_many_scopes_are_not_all_listed(start_pool, transport):
    """Five names show which kind is meant."""
    case = found_pool(start_pool(), transport)
    finding = scope_fault(case, "x", "X", [f"api/{number}" for number in range(49)])
    assert finding.cause.startswith("scope_not_enabled: api/0, api/1, api/2, api/3, api/4 and 44 more are not enabled")
    assert "api" not in finding.fix


NEIGHBOURS = {
    f"{CALLBACK}/": "with a slash at the end",
    "http://127.0.0.1:8888/cognito/callback": "host 127.0.0.1, not localhost",
    "https://localhost:8888/cognito/callback": "https, not http",
    "http://localhost:8892/cognito/callback": "port 8892, not 8888",
}


@pytest.mark.parametrize(("registered", "words"), NEIGHBOURS.items())
def test_url_that_is_registered_instead_is_found_without_aws(start_pool, registered, words):
    """Cognito tells of each URL whether it would go on, so a few of them find the slip."""
    finding = by_id(examine(start_pool(callback_urls=[registered])), "authorize:")[0]
    assert finding.cause.endswith(f"; the nearest is {registered} ({words}).")


def test_search_for_the_registered_url_is_short(start_pool):
    """Nine requests to the sign-in page at most, and the fault is named without a neighbour."""
    pool = start_pool(callback_urls=["https://example.com/else"])
    finding = by_id(examine(pool), "authorize:")[0]
    assert finding.cause == "redirect_mismatch: The app client does not have this callback URL."
    assert asked(pool, "authorize") == 8


def test_firewall_is_no_sign_of_a_registered_url(start_pool):
    """It stops programs that ask too often, whatever they ask."""
    pool = start_pool(callback_urls=["https://example.com/else"])
    pool.fail("authorize", Fault(error="redirect_mismatch"))
    pool.fail("authorize", Fault(status=403, body="html"), times=None)
    assert "nearest" not in by_id(examine(pool), "authorize:")[0].cause


def test_search_that_is_broken_off_takes_nothing_back(start_pool):
    """The first answer stands, whatever becomes of the further ones."""
    pool = start_pool(callback_urls=[f"{CALLBACK}/"])
    pool.fail("authorize", Fault(error="redirect_mismatch"))
    pool.fail("authorize", Fault(cut="reset"), times=None)
    assert troubles(examine(pool)) == [("failed", "redirect_mismatch")]


def test_other_name_of_a_registered_url_is_a_warning(start_pool):
    """The setting names both, and sign-in works with the one that is registered."""
    uris = ["http://127.0.0.1:8888/cognito/callback", CALLBACK]
    assert troubles(examine(start_pool(), redirect_uris=uris)) == [("warning", "redirect_mismatch")]
