"""The card's Python side: facts travel as messages only, and every click gets an answer."""

from __future__ import annotations

import json

import anywidget
import pytest

from cognito_nb.errors import NetworkError
from cognito_nb.widget.card import SessionCard

FACTS = {"state": "signed-in", "name": "Ada Lovelace", "email": "ada@example.com", "groups": ["admins"]}


@pytest.fixture
def card(monkeypatch):
    """Give a card that notes what it sends."""
    card = SessionCard(clock=lambda: 1_800_000_000.0)
    card.sent = []
    monkeypatch.setattr(card, "send", card.sent.append)
    return card


def click(widget, content):
    """Let a message arrive as the comm delivers it."""
    widget._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})


@pytest.mark.holds("NL-05")
def test_card_syncs_nothing_of_its_own():
    """An allow-list: whatever is synced may be saved in a notebook, so a new synced trait must fail here."""
    assert set(SessionCard().keys) - set(anywidget.AnyWidget().keys) == {"_css"}


@pytest.mark.holds("NL-04", "NL-05")
def test_facts_are_never_state(card):
    """No synced state, no text fallback and no mimebundle holds a fact about the person."""
    card.show(FACTS)
    kept = json.dumps([card.get_state(), repr(card), card._repr_mimebundle_()])
    assert "ada" not in kept.lower()
    assert repr(card) == "Session card (live view)"


def test_show_sends_facts_and_time(card):
    """The facts go out when they change, with the kernel's time for the countdown."""
    card.on_refresh = lambda: None
    card.show(FACTS)
    assert card.sent == [
        {"type": "facts", "facts": FACTS, "answers": "show", "actions": ["refresh"], "now": 1_800_000_000.0}
    ]


def test_show_keeps_a_copy(card):
    """A caller that changes its mapping afterwards changes nothing here."""
    facts = dict(FACTS)
    card.show(facts)
    facts["name"] = "Eve"
    click(card, {"type": "hello"})
    assert card.sent[-1]["facts"]["name"] == "Ada Lovelace"


def test_hello_is_answered_with_the_facts(card):
    """A browser that comes later asks, and is told."""
    card.show(FACTS)
    click(card, {"type": "hello"})
    assert (card.sent[-1]["facts"], card.sent[-1]["answers"]) == (FACTS, "hello")


@pytest.mark.parametrize("kind", ["refresh", "sign-out", "sign-in"])
def test_click_calls_back_and_answers(card, kind):
    """A click reaches its callback, and the answer carries what the callback showed."""
    callback = {"refresh": "on_refresh", "sign-out": "on_sign_out", "sign-in": "on_sign_in"}[kind]
    setattr(card, callback, lambda: card.show({"state": "signed-in", "name": "New"}))
    click(card, {"type": kind})
    assert (card.sent[-1]["facts"]["name"], card.sent[-1]["answers"]) == ("New", kind)


@pytest.mark.parametrize("content", [{"type": "refresh"}, {"type": "other"}, {}, "refresh", None])
def test_other_messages_are_ignored(card, content):
    """A message that nobody listens for, or that is malformed, gets no answer."""
    click(card, content)
    assert card.sent == []


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (NetworkError("Cognito could not be reached."), "Cognito could not be reached."),
        (ValueError("eyJsecret"), "ValueError in the kernel."),
    ],
)
def test_a_failing_callback_is_answered(card, error, message):
    """An error becomes a message on the card, which keeps its facts; a foreign error shows its type only."""

    def fail():
        raise error

    card.on_refresh = fail
    card.show(FACTS)
    click(card, {"type": "refresh"})
    assert card.sent[-1]["facts"] == {**FACTS, "message": message}
