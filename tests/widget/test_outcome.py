"""The static lines that a login cell keeps."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cognito_nb.widget import outcome

HOSTILE = "<img src=x onerror=alert(1)>\"'&"
ESCAPED = "&lt;img src=x onerror=alert(1)&gt;&quot;&#x27;&amp;"
AT = datetime(2026, 1, 1, 14, 5, tzinfo=UTC)


def test_signed_in_names_person_pool_and_time():
    """The line says who, where and when."""
    assert outcome.signed_in_text(name="Ada", user_pool="demo pool", at=AT) == "Signed in as Ada · demo pool · 14:05"
    html = outcome.signed_in_html(name="Ada", user_pool="demo pool", at=AT)
    assert "Signed in as <strong><bdi>Ada</bdi></strong> · demo pool · 14:05" in html


def test_signed_in_names_nobody_if_asked():
    """Without a name the line still says where and when."""
    assert outcome.signed_in_text(name=None, user_pool="demo pool", at=AT) == "Signed in · demo pool · 14:05"
    assert "<strong>Signed in</strong> · demo pool" in outcome.signed_in_html(name=None, user_pool="demo pool", at=AT)


@pytest.mark.parametrize(
    "html",
    [
        outcome.signed_in_html(name=HOSTILE, user_pool=HOSTILE, at=AT),
        outcome.not_signed_in_html(title=HOSTILE, next_step=HOSTILE),
        outcome.signed_out_html(outcome.SignedOut(user_pool=HOSTILE, sign_out_url=None, revoked=True)),
        outcome.signed_out_html(
            outcome.SignedOut(user_pool="p", sign_out_url=None, revoked=False, not_revoked=HOSTILE)
        ),
    ],
)
@pytest.mark.holds("UI-07")
@pytest.mark.holds("NL-08", "NL-09")
def test_every_value_is_escaped(html):
    """A value can neither open a tag nor leave an attribute, and nothing of ours is active."""
    assert "<img" not in html
    assert ESCAPED in html
    assert not re.search(r"<script|<iframe|<style|\son\w+=|javascript:", html.replace(ESCAPED, ""))


@pytest.mark.holds("UI-07")
def test_a_long_name_is_cut():
    """A name of a megabyte does not fill the notebook."""
    assert len(outcome.signed_in_text(name="a" * 1_000_000, user_pool="p", at=AT)) < 300


@pytest.mark.parametrize("sign", ["\u202e", "\n", "\x00", "\u2028"])
@pytest.mark.holds("UI-07")
def test_characters_that_turn_or_break_the_line_are_dropped(sign):
    """A name cannot rearrange the line around it."""
    assert sign not in outcome.signed_in_text(name=f"Ada{sign}evil", user_pool="p", at=AT)
    assert sign not in outcome.signed_in_html(name=f"Ada{sign}evil", user_pool="p", at=AT)


def test_not_signed_in_says_why_and_what_next():
    """Title and next step stand in both variants."""
    text = outcome.not_signed_in_text(title="Nobody signed in in time", next_step="Run %cognito_login again.")
    assert text == "Not signed in · Nobody signed in in time\nRun %cognito_login again."
    html = outcome.not_signed_in_html(title="Nobody signed in in time", next_step="Run %cognito_login again.")
    assert "Nobody signed in in time<br>Run %cognito_login again." in html


def test_signed_out_links_to_the_end_of_the_browser_session():
    """The link opens a new tab without an opener; its ampersands are escaped."""
    url = "https://demo.auth.eu-west-1.amazoncognito.com/logout?client_id=1&logout_uri=http://localhost"
    html = outcome.signed_out_html(outcome.SignedOut(user_pool="p", sign_out_url=url, revoked=True))
    assert f'<a href="{url.replace("&", "&amp;")}" target="_blank" rel="noopener noreferrer">' in html
    assert url in outcome.signed_out_text(outcome.SignedOut(user_pool="p", sign_out_url=url, revoked=True))


@pytest.mark.parametrize(
    "url",
    [None, "", "javascript:alert(1)", "data:text/html,x", "//evil.example", "https://a b", "http://[", "https://"],
)
def test_signed_out_links_only_to_the_web(url):
    """Anything but an http(s) address is left out."""
    assert "<a" not in outcome.signed_out_html(outcome.SignedOut(user_pool="p", sign_out_url=url, revoked=True))
    assert "open" not in outcome.signed_out_text(outcome.SignedOut(user_pool="p", sign_out_url=url, revoked=True))


@pytest.mark.parametrize("write", [outcome.signed_in_html, outcome.signed_in_text])
def test_signed_in_says_why_it_will_not_be_remembered(write):
    """One sentence with the reason, where the setting asked for more."""
    line = write(name=None, user_pool="p", at=AT, not_remembered="The keyring is locked.")
    assert "Signed in; not remembered: The keyring is locked." in line
    assert "remembered" not in write(name=None, user_pool="p", at=AT)


@pytest.mark.parametrize("revoked", [True, False])
@pytest.mark.parametrize("write", [outcome.signed_out_html, outcome.signed_out_text])
def test_signed_out_tells_revoked_and_forgotten_apart(write, revoked):
    """A token may be dead at Cognito and still lie in the keyring, or the other way round."""
    ended = outcome.SignedOut(user_pool="p", sign_out_url=None, revoked=revoked, not_forgotten="The keyring is locked.")
    text = write(replace(ended, not_revoked=None if revoked else "HTTP status 503"))
    assert "Still remembered: The keyring is locked. Sign out again" in text
    assert ("Tokens revoked" in text, "did not confirm" in text) == (revoked, not revoked)


@pytest.mark.parametrize("write", [outcome.signed_out_html, outcome.signed_out_text])
def test_signed_out_is_honest_about_the_revocation(write):
    """When Cognito did not confirm, the user is told."""
    ended = outcome.SignedOut(user_pool="p", sign_out_url=None, revoked=False)
    assert "did not confirm" in write(replace(ended, not_revoked="HTTP status 503"))
    assert "Tokens revoked" in write(replace(ended, revoked=True))
    assert "no refresh token to revoke" in write(ended)


@pytest.mark.parametrize("write", [outcome.signed_out_html, outcome.signed_out_text])
def test_signed_out_says_what_stays_valid_until_when(write):
    """What no sign-out can end is named with its time; what has ended by itself is not."""
    ended = outcome.SignedOut(user_pool="p", sign_out_url=None, revoked=True, valid_until=AT)
    assert "takes the old access token until 14:05" in write(ended)
    assert "access token" not in write(replace(ended, valid_until=None))


@pytest.mark.parametrize("write", [outcome.signed_out_html, outcome.signed_out_text])
def test_signed_out_tells_of_the_browser_session(write):
    """Cognito's own session is named, with the link that ends it or the setting that brings one; a machine has none."""
    ended = outcome.SignedOut(user_pool="p", sign_out_url="https://x.example/logout", revoked=True)
    assert "up to an hour" in write(ended)
    assert "logout_uri" not in write(ended)
    assert "logout_uri" in write(replace(ended, sign_out_url=None))
    assert "up to an hour" not in write(replace(ended, by_browser=False))


def test_waiting_is_a_link_where_html_is_shown():
    """Every value is escaped, and what is no web address is no link."""
    facts = {"host": HOSTILE, "user_pool": HOSTILE, "how": HOSTILE, "what_next": "Run it again."}
    html = outcome.waiting_html(url="http://127.0.0.1:8888/cognito/start/AbC", **facts)
    assert '<a href="http://127.0.0.1:8888/cognito/start/AbC" target="_blank" rel="noopener">' in html
    assert ("<img" in html, html.count("&lt;img")) == (False, 3)
    assert "<a" not in outcome.waiting_html(url="javascript:alert(1)", **facts)
