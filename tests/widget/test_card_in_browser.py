"""What the session card does in a browser: see test_in_browser.py."""

from __future__ import annotations

from typing import Any

import pytest
from widget.conftest import HOSTILE, NOW

from cognito_nb.widget.card import SessionCard

pytestmark = pytest.mark.browser

FACTS = {
    "state": "signed-in",
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "groups": ["admins", HOSTILE],
    "user_pool": "demo pool",
    "scopes": ["openid", "email"],
    "expires_at": NOW + 3_500,
    "can_refresh": False,
}


def message_of(facts: dict[str, Any]) -> dict[str, Any]:
    """Take what a real card sends for these facts."""
    sent: list[dict[str, Any]] = []
    card = SessionCard(clock=lambda: float(NOW))
    card.send = sent.append
    card.on_refresh = card.on_sign_out = card.on_sign_in = lambda: None
    card.show(facts)
    return sent[0]


@pytest.mark.holds("NL-09", "NL-10")
def test_card_asks_and_shows_the_facts(notebook):
    """A new card asks the kernel once and shows its answer, every value as text."""
    notebook.show("card.js")
    assert notebook.sent == ["hello"]
    assert "Asking the kernel" in notebook.text
    notebook.receive(message_of(FACTS))
    for text in ("Ada Lovelace", "ada@example.com", "demo pool", "58 min left", "admins", HOSTILE):
        assert text in notebook.text
    assert notebook.page.locator(".cognito-nb img").count() == 0


def test_a_second_card_view_needs_no_kernel(notebook):
    """A further view shows what the first was told, though the kernel is busy."""
    notebook.show("card.js")
    notebook.receive(message_of(FACTS))
    notebook.page.evaluate("show(false)")
    assert notebook.page.locator(".cognito-nb-title", has_text="Ada Lovelace").count() == 2
    assert notebook.sent == ["hello"]


def test_card_counts_down(notebook):
    """The time left counts by itself, turns amber in the last five minutes, and ends."""
    notebook.show("card.js")
    notebook.receive(message_of({**FACTS, "expires_at": NOW + 400}))
    life = notebook.page.locator(".cognito-nb-life")
    assert life.inner_text() == "6 min left"
    assert "cognito-nb-soon" not in life.get_attribute("class")
    notebook.pass_time(110)
    assert life.inner_text() == "4 min left"
    assert "cognito-nb-soon" in life.get_attribute("class")
    notebook.pass_time(300)
    assert life.inner_text() == "expired"


def test_card_is_calm_when_the_session_renews_itself(notebook):
    """A session with a refresh token says so instead of warning."""
    notebook.show("card.js")
    notebook.receive(message_of({**FACTS, "can_refresh": True, "expires_at": NOW + 100}))
    assert "1 min left, renews by itself" in notebook.text
    assert notebook.page.locator(".cognito-nb-soon").count() == 0


def test_refresh_is_busy_until_the_answer(notebook):
    """Refresh says that it works, is disabled, and comes back with the answer."""
    notebook.show("card.js")
    message = message_of({**FACTS, "can_refresh": True})
    notebook.receive(message)
    refresh = notebook.page.locator(".cognito-nb-refresh")
    refresh.click()
    assert notebook.sent == ["hello", "refresh"]
    assert (refresh.inner_text(), refresh.is_disabled()) == ("Refreshing…", True)
    notebook.receive({**message, "answers": "refresh"})
    assert (refresh.inner_text(), refresh.is_enabled()) == ("Refresh", True)


def test_a_busy_kernel_is_named_after_ten_seconds(notebook):
    """A click without an answer says why, and gives the button back."""
    notebook.show("card.js")
    notebook.receive(message_of(FACTS))
    notebook.page.locator(".cognito-nb-sign-out").click()
    notebook.pass_time(11)
    assert "The kernel is busy" in notebook.text
    assert notebook.page.locator(".cognito-nb-sign-out").is_enabled()


def test_signed_out_card_offers_the_logout_link(notebook):
    """Signed out: nobody's name, a link that ends the browser session, and another sign-in."""
    notebook.show("card.js")
    url = "https://demo.auth.eu-west-1.amazoncognito.com/logout?client_id=1"
    notebook.receive(message_of({**FACTS, "state": "signed-out", "sign_out_url": url}))
    assert "Ada" not in notebook.text
    assert notebook.page.locator("a[href]").get_attribute("href") == url
    notebook.page.locator(".cognito-nb-sign-in").click()
    assert notebook.sent[-1] == "sign-in"


def test_card_links_only_to_the_web(notebook):
    """A sign-out address that is no http(s) URL is not shown."""
    notebook.show("card.js")
    notebook.receive(message_of({**FACTS, "state": "signed-out", "sign_out_url": "javascript:alert(1)"}))
    assert notebook.page.locator(".cognito-nb a").count() == 0


def test_a_dead_kernel_takes_the_facts_off_the_screen(notebook):
    """When the notebook says that the kernel is gone, nobody's name stays."""
    notebook.show("card.js")
    notebook.receive(message_of(FACTS))
    notebook.page.evaluate("document.querySelector('.lm-Widget').classList.add('jupyter-widgets-disconnected')")
    notebook.page.wait_for_function("document.querySelector('.cognito-nb').dataset.state === 'ended'")
    assert notebook.text == "No live session here: run the cell again."
    assert notebook.sent == ["hello"]


@pytest.mark.parametrize(
    "event", [("statusChanged", "restarting"), ("statusChanged", "autorestarting"), ("disposed", None)]
)
def test_a_lost_kernel_takes_the_facts_off_every_view(notebook, event):
    """When the kernel is restarted, dies or is shut down, nobody's name stays, and nothing to click."""
    notebook.show("card.js")
    notebook.page.evaluate("show(false)")
    notebook.receive(message_of(FACTS))
    notebook.page.evaluate("([name, value]) => emit(name, value ?? undefined)", event)
    words = notebook.page.locator(".cognito-nb").all_inner_texts()
    assert words == ["No live session here: run the cell again."] * 2


@pytest.mark.parametrize("status", ["busy", "idle", "starting", "unknown"])
def test_a_kernel_at_work_changes_nothing(notebook, status):
    """What else a kernel goes through leaves the card as it is."""
    notebook.show("card.js")
    notebook.receive(message_of(FACTS))
    notebook.page.evaluate("status => emit('statusChanged', status)", status)
    assert "Ada Lovelace" in notebook.text


def test_a_restart_that_nobody_tells_is_noticed_at_the_click(notebook):
    """A notebook that says nothing of a restart still refuses to send: then the facts go."""
    notebook.show("card.js")
    notebook.receive(message_of(FACTS))
    notebook.page.evaluate("model.dead = true")
    notebook.page.locator(".cognito-nb-sign-out").click()
    assert notebook.text == "No live session here: run the cell again."


def test_settings_sources_are_behind_a_disclosure(notebook):
    """Where each setting came from is there for who asks."""
    notebook.show("card.js")
    notebook.receive(message_of({**FACTS, "sources": {"client_id": "cognito.toml"}}))
    assert not notebook.visible(".cognito-nb-details dl")
    notebook.page.locator("summary").click()
    assert "client_id cognito.toml" in notebook.text
