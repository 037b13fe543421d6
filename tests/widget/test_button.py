"""The button's Python side: what is synced, what the text fallback says, what a click does."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path

import anywidget
import ipywidgets
import pytest

from cognito_nb.errors import NetworkError
from cognito_nb.widget import button as button_module
from cognito_nb.widget.button import SignInButton, with_fallback

START = {
    "start_path": "/user/ada/cognito/start/AbC",
    "start_url": "http://127.0.0.1:8888/user/ada/cognito/start/AbC",
    "host": "demo.auth.eu-west-1.amazoncognito.com",
    "user_pool": "demo pool",
    "expires_in": 600.0,
    "blocking": True,
}


@pytest.fixture
def now():
    """Give the time, which a test may set."""
    return [1_800_000_000.0]


@pytest.fixture
def button(now):
    return SignInButton(clock=lambda: now[0])


def click(widget, kind):
    """Let a message arrive as the comm delivers it."""
    widget._handle_msg({"content": {"data": {"method": "custom", "content": kind}}, "buffers": []})


@pytest.mark.holds("NL-05")
def test_button_syncs_view_only(button):
    """An allow-list: whatever is synced may be saved in a notebook, so a new synced trait must fail here."""
    assert set(button.keys) - set(anywidget.AnyWidget().keys) == {"view", "_css"}


@pytest.mark.holds("NL-05")
def test_every_widget_syncs_what_is_listed_here_only():
    """A new widget, or a new synced trait of one, must fail here."""
    for name in ("login_button", "status", "widget.login_cell"):
        importlib.import_module(f"cognito_nb.{name}")
    plain = {*ipywidgets.VBox.class_trait_names(), "_anywidget_id", "_css", "_esm"}  # children are widgets themselves
    synced, kinds = {}, [ipywidgets.Widget]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        if kind.__module__.startswith("cognito_nb."):
            synced.setdefault(kind.__name__, set()).update({*kind.class_trait_names(sync=True)} - plain)
    assert synced == {"LoginButton": set(), "SignInButton": {"view"}, "SessionCard": set()}


FOREIGN = (
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|\bfetch\(|XMLHttpRequest|WebSocket"
)


@pytest.mark.holds("NL-10")
@pytest.mark.parametrize("name", ["button.js", "card.js", "widget.css"])
def test_bundle_fetches_and_evaluates_nothing(name):
    """No library, picture or font of elsewhere, and no text that becomes code or markup."""
    text = (Path(button_module.__file__).parent / name).read_text()
    assert not re.search(rf"{FOREIGN}|^\s*import\b|\bimport\(|@import|url\(|//\w+\.", text, re.MULTILINE)


@pytest.mark.holds("NL-05")
def test_view_keys_are_public_facts(button):
    """An allow-list of what `view` holds while the sign-in runs."""
    button.show_waiting(**START)
    assert set(button.view) == {
        "state",
        "start_path",
        "start_url",
        "host",
        "user_pool",
        "blocking",
        "how",
        "can_retry",
        "now",
        "deadline",
    }


def test_deadline_is_absolute(button, now):
    """A notebook that is opened later can tell that the link is dead."""
    button.show_waiting(**START)
    assert button.view["deadline"] == now[0] + 600


@pytest.mark.holds("AR-12")
def test_text_fallback_names_the_link_while_it_lives(button, now):
    """A terminal or a front end without widgets shows what to open; afterwards that it is over."""
    assert repr(button) == "The sign-in is being prepared."
    button.show_waiting(**START)
    assert repr(button) == f"Sign in: open {START['start_url']} in your browser"
    now[0] += 600
    assert repr(button) == "This sign-in has ended. Run %cognito_login again."


@pytest.mark.holds("AR-12", "SE-20")
def test_fallbacks_are_in_the_mimebundle(button, now):
    """Beside the widget stands the link as HTML and, however long, as text; no link once it is dead."""
    long = {**START, "start_url": f"https://hub.example.org/user/{'a' * 120}/cognito/start/AbC"}
    button.show_waiting(**long)
    data, _ = button._repr_mimebundle_()
    assert set(data) == {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"}
    assert data["text/plain"] == repr(button)
    assert long["start_url"] in data["text/plain"]
    assert f'<a href="{long["start_url"]}"' in data["text/html"]
    now[0] += 600
    assert set(button._repr_mimebundle_()[0]) == {"text/plain", "application/vnd.jupyter.widget-view+json"}


@pytest.mark.parametrize(("blocking", "words"), [(True, "To cancel, interrupt"), (False, "If this link has expired")])
@pytest.mark.holds("NL-05")
def test_html_fallback_is_a_link_and_what_to_know(button, blocking, words):
    """Where the link leads, that the notebook goes on by itself, and how to give up or try again; nothing else."""
    button.show_waiting(**{**START, "blocking": blocking})
    assert "Sign in at demo.auth.eu-west-1.amazoncognito.com</a>" in button.html
    assert "the notebook goes on by itself" in button.html
    assert words in button.html


def test_a_closed_button_has_no_mimebundle(button):
    """Shown again by mistake, it is not half a widget."""
    button.close()
    assert with_fallback(None, text="", html=None) is None


def test_text_fallback_after_the_end(button):
    """Each end has its own words."""
    button.show_error(title="It failed", cause="Because.", next_step="Look.")
    assert repr(button) == "It failed: Look."
    button.show_ended()
    assert repr(button) == "This sign-in has ended. Run %cognito_login again."


@pytest.mark.parametrize("end", ["show_ended", "show_error"])
def test_the_end_drops_the_link(button, end):
    """After the end no state holds the start path, so no saved notebook does."""
    button.show_waiting(**START)
    arguments = {
        "show_ended": {},
        "show_error": {"title": "a", "cause": "b", "next_step": "c"},
    }[end]
    getattr(button, end)(**arguments)
    assert "AbC" not in json.dumps(button.get_state())


def test_retry_is_offered_only_if_somebody_listens(button):
    """The button for another try depends on `on_retry`."""
    button.show_error(title="a", cause="b", next_step="c")
    assert button.view["can_retry"] is False
    button.on_retry = lambda: None
    button.show_error(title="a", cause="b", next_step="c")
    assert button.view["can_retry"] is True


@pytest.mark.parametrize("kind", ["retry", "cancel"])
def test_click_calls_back(button, kind):
    """A click reaches its callback, once."""
    calls = []
    button.on_retry = lambda: calls.append("retry")
    button.on_cancel = lambda: calls.append("cancel")
    click(button, {"type": kind})
    assert calls == [kind]


@pytest.mark.parametrize("content", [{"type": "retry"}, {"type": "opened"}, {}, {"type": []}, "retry", None])
def test_other_messages_are_ignored(button, content):
    """A message that nobody listens for, or that is malformed, does nothing."""
    click(button, content)
    assert button.view == {}


def test_an_error_of_a_callback_is_shown(button):
    """Our own errors show their message and hint in the view."""

    def fail():
        raise NetworkError("Cognito could not be reached.", hint="Check the connection.")

    button.on_retry = fail
    click(button, {"type": "retry"})
    assert button.view["cause"] == "Cognito could not be reached."
    assert button.view["next_step"] == "Check the connection."


def test_a_foreign_error_of_a_callback_shows_its_type_only(button):
    """The words of an unknown error could hold a secret."""

    def fail():
        raise ValueError("eyJsecret")

    button.on_retry = fail
    click(button, {"type": "retry"})
    assert button.view["cause"] == "ValueError in the kernel"
