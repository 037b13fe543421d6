"""The order of the checks, which of them there are for whom, and that none of them ends the others."""

import pytest

from cognito_nb.doctor import checks, diagnose
from cognito_nb.errors import ConfigurationError, NetworkError

from .conftest import CALLBACK, by_id, examine, troubles

FILE = """
default = "{default}"
[profiles.prod]
user_pool_id = "eu-west-1_AbC123"
{name} = "1h57kf5cpq17m0eml12"
"""


@pytest.fixture
def breaks(monkeypatch):
    """Have the check of the user pool raise this."""

    def raise_(error):
        def check(case):
            raise error
            yield

        monkeypatch.setitem(checks._CHECKS, "user pool", check)

    return raise_


def test_check_that_breaks_does_not_end_the_others(start_pool, breaks):
    """It is told by the type of its error alone: the text may hold anything."""
    breaks(KeyError("the-secret"))
    findings = examine(start_pool())
    assert troubles(findings) == [("warning", "")]
    broken = by_id(findings, "user pool")[0]
    assert broken.cause == "This check could not be done (KeyError)."
    assert "the-secret" not in str(findings)
    assert findings.index(broken) > findings.index(by_id(findings, "callback")[0])


def test_error_of_a_check_is_told_in_its_own_words(start_pool, breaks):
    """One that the check did not expect there."""
    breaks(NetworkError("Nobody answers.", cause="network"))
    findings = examine(start_pool())
    assert troubles(findings) == [("failed", "network")]
    assert "Nobody answers." in by_id(findings, "user pool")[0].cause


def test_refresh_token_needs_no_browser(start_pool):
    """Nobody signs in (CI), so no callback URL need be registered; the user pool is looked at all the same."""
    findings = examine(start_pool(callback_urls=["https://a.example/"]), refresh_token="the-refresh-token")
    assert troubles(findings) == []
    assert [finding.id.partition(":")[0] for finding in findings if not finding.id.startswith("setting:")][:4] == [
        "extension",
        "kernel",
        "receiver",
        "discovery",
    ]
    assert not by_id(findings, "authorize:")
    assert not by_id(findings, "callback")


def test_time_for_questions_begins_with_them(start_pool, monkeypatch):
    """Before that, interpreters are asked, which has a limit of its own."""
    seen = []
    monkeypatch.setitem(checks._CHECKS, "user pool", lambda case: seen.append(case.deadline) or iter(()))
    examine(start_pool())
    assert 0 < seen[0] < float("inf")


def test_misspelt_default_profile_is_a_finding(tmp_path):
    """Nobody has named a profile, so the command was used rightly; the file is what is to be corrected."""
    (tmp_path / "cognito.toml").write_text(FILE.format(default="prdo", name="client_id"))
    findings = list(diagnose())
    assert troubles(findings) == [("failed", "")]
    assert findings[0].fix == (
        f"Correct the default profile's name ({tmp_path / 'cognito.toml'}). Did you mean 'prod'?"
    )
    with pytest.raises(ConfigurationError):
        diagnose("prdo")


def test_misspelt_setting_is_named_in_what_to_do(tmp_path):
    """It is read alone, at the end: "Did you mean …" would say nothing there."""
    (tmp_path / "cognito.toml").write_text(FILE.format(default="prod", name="client_di"))
    fix = next(iter(diagnose())).fix
    assert fix.startswith("Correct client_di (profile 'prod' in ")
    assert fix.endswith("Did you mean 'client_id'?")


def test_callback_is_said_before_it_is_tried(start_pool):
    """The settings' faults come before Cognito's answer to them."""
    ids = [finding.id for finding in examine(start_pool())]
    assert ids.index("callback") < ids.index("discovery") < ids.index(f"authorize:{CALLBACK}")
