"""The table of causes: its rows are whole, and its commands show things without changing them or showing a secret."""

import shlex
from collections import Counter

import jmespath
import pytest

from cognito_nb.causes import CAUSES, UNKNOWN, answer, before, cause_of, page, sign_ins, tokens

NAMES = {"user_pool_id": "eu-west-1_AbC123", "client_id": "1h57kf5cpq17m0eml12EXAMPLE", "region": "eu-west-1"}
WITH_COMMAND = [row for row in CAUSES.values() if row.command]


def test_codes_are_unique():
    """A row does not hide another."""
    codes = Counter(row.code for part in (before, page, answer, tokens, sign_ins) for row in part.ROWS)
    assert set(codes.values()) == {1}


@pytest.mark.parametrize("row", CAUSES.values(), ids=list(CAUSES))
def test_row_is_whole(row):
    """Title without a full stop, sentences with one, and a next step that an error shows uncut."""
    assert row.likely
    assert not row.title.endswith(".")
    assert all(text[-1] in ".)" for text in (*row.likely, row.fix, row.tell) if text)
    assert len(row.fix) <= 240
    assert bool(row.tell) or not row.command


@pytest.mark.parametrize("row", WITH_COMMAND, ids=lambda row: row.code)
def test_command_reads_one_thing(row):
    """It changes nothing, its query is JMESPath, and it never shows the app client's secret."""
    words = shlex.split(row.command_for(NAMES))
    assert words[0] == "aws"
    assert words[2].startswith(("describe-", "list-"))
    assert not any("{" in word for word in words)
    query = words[words.index("--query") + 1] if "--query" in words else None
    client = {"UserPoolClient": {"ClientSecret": "s3cret", "ClientId": "abc"}}
    if "describe-user-pool-client" in words:
        assert "s3cret" not in str(jmespath.search(query, client))


def test_command_tells_whether_there_is_a_secret():
    """By true and false."""
    query = shlex.split(cause_of("secret_missing").command)[-1]
    assert jmespath.search(query, {"UserPoolClient": {"ClientSecret": "s3cret"}}) is True
    assert jmespath.search(query, {"UserPoolClient": {"ClientId": "abc"}}) is False


SETUP_MENDS = (
    *("no_domain", "redirect_mismatch", "client_not_enabled", "no_identity_provider", "login_page_unbranded"),
    *("logout_uri_not_registered", "code_grant_not_allowed", "scope_not_enabled", "revocation_off"),
)


@pytest.mark.parametrize("code", SETUP_MENDS)
def test_fix_names_the_command_that_does_it(code):
    """What `jupyter cognito setup` brings in order needs no console."""
    assert "jupyter cognito setup" in cause_of(code).fix


def test_certificate_of_a_custom_domain_need_not_be_amazons():
    """Its owner may have brought one of another authority, so that alone is no proxy's."""
    assert "custom domain" in cause_of("tls_untrusted").tell


def test_details_are_in_the_order_of_reading():
    """Likely causes first, the command last; what a row does not have is left out."""
    headings = [heading for heading, _ in cause_of("client_unknown").details(NAMES)]
    assert headings == ["Likely", "Or", "How to tell", "AWS console", "AWS CLI"]
    assert [heading for heading, _ in cause_of("access_denied").details(NAMES)] == ["Likely", "Or"]


def test_details_of_a_user_pool_elsewhere_name_neither_console_nor_cli():
    """They do not know it."""
    assert [heading for heading, _ in cause_of("client_unknown").details()] == ["Likely", "Or", "How to tell"]


def test_unknown_code_has_a_row():
    """A server of a later version may report one."""
    assert cause_of("of a later version") is cause_of(None) is UNKNOWN
