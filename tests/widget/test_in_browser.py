"""What the button does in a browser: the real script in a plain page under a strict CSP, with a stand-in model."""

from __future__ import annotations

from typing import Any

import pytest
from widget.conftest import HOSTILE, NOW, PAGE

from cognito_nb.widget.button import SignInButton

pytestmark = pytest.mark.browser

LINK = ".cognito-nb-link"


def button_view(*, retry: bool = False, **changes: Any) -> SignInButton:
    button = SignInButton(clock=lambda: float(NOW))
    button.on_retry = (lambda: None) if retry else None
    facts = {
        "start_path": "/user/ada/cognito/start/AbC",
        "start_url": "http://127.0.0.1:9999/user/ada/cognito/start/AbC",
        "host": "demo.auth.eu-west-1.amazoncognito.com",
        "user_pool": "demo pool",
        "expires_in": 600.0,
        "blocking": True,
    }
    button.show_waiting(**{**facts, **changes})
    return button


def test_link_uses_the_origin_of_the_page(notebook):
    """On a Jupyter page the link is the start path on that page's own origin, in a new tab without an opener."""
    notebook.show("button.js", button_view().view)
    link = notebook.page.locator(LINK)
    assert link.get_attribute("href") == "http://localhost:8888/user/ada/cognito/start/AbC"
    assert (link.get_attribute("target"), link.get_attribute("rel")) == ("_blank", "noopener")
    assert link.inner_text() == "Sign in at demo.auth.eu-west-1.amazoncognito.com"
    assert "demo pool" in notebook.text


@pytest.mark.parametrize("url", [PAGE, "about:blank"])
@pytest.mark.accepted("AR-12", "SE-20")
def test_link_falls_back_to_the_start_url(notebook, url):
    """Without a web origin, or without a start path, the link is the one that the kernel knows."""
    notebook.show("button.js", button_view(start_path="" if url == PAGE else "/x").view, url=url)
    href = notebook.page.locator(LINK).get_attribute("href")
    assert href == "http://127.0.0.1:9999/user/ada/cognito/start/AbC"


@pytest.mark.accepted("SE-20")
def test_link_works_in_a_sandbox(notebook):
    """In a frame whose origin is opaque the link still leads to the start page, in a tab of its own."""
    notebook.show("button.js", button_view().view, url=f"{PAGE}?sandbox allow-scripts allow-popups")
    assert notebook.page.evaluate("self.origin") == "null"
    with notebook.page.context.expect_page() as opened:
        notebook.page.locator(LINK).click()
    assert opened.value.url == "http://localhost:8888/user/ada/cognito/start/AbC"


@pytest.mark.holds("SE-20")
def test_link_is_there_to_be_copied_where_no_tab_may_open(notebook):
    """A sandbox without popups blocks the click, not the address."""
    notebook.show("button.js", button_view().view, url=f"{PAGE}?sandbox allow-scripts")
    href = notebook.page.locator(LINK).get_attribute("href")
    assert href == "http://localhost:8888/user/ada/cognito/start/AbC"


@pytest.mark.refused("CB-31")
@pytest.mark.parametrize("script", ["button.js", "card.js"])
def test_a_foreign_window_is_not_heard(notebook, script):
    """Whatever another window or frame posts to the notebook's page, the view stays and the kernel hears nothing."""
    notebook.show(script, button_view().view)
    before, sent = notebook.page.locator(".cognito-nb").inner_html(), notebook.sent
    for message in ({"code": "c0de", "state": "st4te"}, {"type": "retry"}, {"state": "error", "title": "x"}):
        notebook.page.evaluate(
            "message => new Promise(done => { onmessage = done; postMessage(message, '*'); })", message
        )
    assert (notebook.page.locator(".cognito-nb").inner_html(), notebook.sent) == (before, sent)


@pytest.mark.parametrize(
    "changes",
    [
        {"start_path": "//evil.example/x"},
        {"start_path": "https://evil.example/x"},
        {"start_path": "javascript:alert(1)"},
        {"start_path": "", "start_url": "javascript:alert(1)"},
        {"start_path": "", "start_url": "not a URL"},
    ],
)
def test_no_link_to_elsewhere(notebook, changes):
    """A path that leaves the page's origin, or an address that is not http(s), never becomes a link."""
    notebook.show("button.js", button_view(**changes).view)
    assert notebook.page.locator("a[href]").count() == 0
    assert "cannot be opened" in notebook.text


def test_click_opens_the_tab_and_waits(notebook):
    """The click opens the start page at once; the view waits, counts the seconds, and offers to open it again."""
    notebook.show("button.js", button_view().view)
    with notebook.page.context.expect_page() as opened:
        notebook.page.locator(LINK).click()
    assert opened.value.url == "http://localhost:8888/user/ada/cognito/start/AbC"
    notebook.pass_time(12)
    assert "Waiting for your sign-in in the other tab…" in notebook.text
    assert "0:12" in notebook.text
    assert notebook.page.locator(LINK).inner_text() == "Open it again"
    assert "interrupt the kernel (■)" in notebook.text


def test_hint_comes_after_twenty_seconds(notebook):
    """Who waits for long is told what to try."""
    notebook.show("button.js", button_view().view)
    notebook.page.locator(LINK).click()
    notebook.pass_time(19)
    assert not notebook.visible(".cognito-nb-hint")
    notebook.pass_time(2)
    assert "redirect_mismatch" in notebook.text


def test_a_second_view_waits_too(notebook):
    """Two views of one button show the same."""
    notebook.show("button.js", button_view().view)
    notebook.page.evaluate("show(false)")
    notebook.page.locator(LINK).first.click()
    assert notebook.page.locator(".cognito-nb-title", has_text="Waiting").count() == 2


def test_keyboard_opens_and_cancels(notebook):
    """Tab reaches link and Cancel, Enter opens, Space cancels; the focus is visible and stays."""
    notebook.show("button.js", button_view(blocking=False).view)
    notebook.page.keyboard.press("Tab")
    assert notebook.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    with notebook.page.context.expect_page():
        notebook.page.keyboard.press("Enter")
    assert notebook.page.evaluate("document.activeElement.textContent") == "Open it again"
    notebook.page.keyboard.press("Tab")
    notebook.page.keyboard.press("Space")
    assert notebook.sent == ["opened", "cancel"]
    assert notebook.page.locator(".cognito-nb-cancel").is_disabled()


def test_cancel_is_offered_only_where_the_kernel_can_hear(notebook):
    """While a cell blocks the kernel a Cancel button would do nothing, so there is none."""
    notebook.show("button.js", button_view(blocking=True).view)
    assert not notebook.visible(".cognito-nb-cancel")
    notebook.set_view(button_view(blocking=False).view)
    assert notebook.visible(".cognito-nb-cancel")


def test_expires_by_itself(notebook):
    """When the time is over the link is dead, without a word from the kernel."""
    notebook.show("button.js", button_view(expires_in=60).view)
    notebook.pass_time(61)
    assert notebook.page.locator("a[href]").count() == 0
    assert notebook.page.locator(LINK).get_attribute("aria-disabled") == "true"
    assert "expired" in notebook.text
    assert "%cognito_login" in notebook.text


def test_an_expired_link_can_be_renewed_where_somebody_listens(notebook):
    """The button that stands alone asks the kernel for a fresh link; no dead one stays in its place."""
    notebook.show("button.js", button_view(retry=True, expires_in=60, blocking=False).view)
    assert not notebook.visible(".cognito-nb-retry")
    notebook.pass_time(61)
    assert notebook.text == "This link has expired. Try again brings a fresh one. Try again"
    notebook.page.get_by_role("button", name="Try again").click()
    assert notebook.sent == ["retry"]


def test_a_renewed_link_changes_nothing_but_its_address(notebook):
    """The same element has a new address: focus stays, and no screen reader says anything twice."""
    notebook.show("button.js", button_view(retry=True, blocking=False).view)
    notebook.page.locator(LINK).focus()
    notebook.page.evaluate(
        "() => { window.changes = []; new MutationObserver(all => changes.push(...all.map(each => each.type)))"
        ".observe(document.querySelector('[role=status]'), {childList: true, characterData: true, subtree: true}); }"
    )
    notebook.set_view(button_view(retry=True, blocking=False, start_path="/fresh").view)
    assert notebook.page.evaluate("document.activeElement.href") == "http://localhost:8888/fresh"
    assert notebook.page.evaluate("changes") == []


def test_a_wrong_browser_clock_does_not_expire_the_link(notebook):
    """A browser whose clock is an hour ahead of the kernel's still offers a fresh link."""
    notebook.show("button.js")
    slow = SignInButton(clock=lambda: NOW - 3_600.0)
    slow.show_waiting(start_path="/x", start_url="", host="h", user_pool="p", expires_in=60, blocking=True)
    notebook.set_view(slow.view)
    assert notebook.page.locator("a[href]").count() == 1
    notebook.pass_time(70)
    assert notebook.page.locator("a[href]").count() == 0


@pytest.mark.holds("AR-10")
def test_a_saved_notebook_offers_no_link(notebook):
    """Without a live kernel behind it, a saved view tells to run the cell again."""
    notebook.show("button.js", button_view().view, live=False)
    assert notebook.page.locator("a[href]").count() == 0
    assert "Run %cognito_login again" in notebook.text


def test_a_restarted_kernel_takes_the_link_away(notebook):
    """The notebook tells that the kernel restarts: the link is dead, and so it goes."""
    notebook.show("button.js", button_view().view)
    notebook.page.evaluate("emit('statusChanged', 'restarting')")
    assert notebook.page.locator("a[href]").count() == 0
    assert "This sign-in has ended" in notebook.text


def test_a_restart_that_nobody_tells_is_noticed_at_the_click(notebook):
    """A notebook that says nothing of a restart still refuses to send: then the click opens no dead link."""
    notebook.show("button.js", button_view().view)
    notebook.page.evaluate("model.dead = true")
    notebook.page.locator(LINK).click()
    assert len(notebook.page.context.pages) == 1
    assert "This sign-in has ended" in notebook.text


@pytest.mark.holds("CB-13")
@pytest.mark.holds("NL-09", "NL-10")
def test_error_offers_another_try(notebook):
    """An error shows title, cause and next step as text, and asks the kernel for another try."""
    button = button_view(retry=True)
    notebook.show("button.js", button.view)
    button.show_error(title="It failed", cause=HOSTILE, next_step="Look at the settings.")
    notebook.set_view(button.view)
    assert notebook.text == f"It failed {HOSTILE} Look at the settings. Try again"
    notebook.page.locator(".cognito-nb-retry").click()
    assert notebook.sent == ["retry"]
    notebook.set_view(button_view(start_path="/new").view)
    assert notebook.page.locator("a[href]").get_attribute("href") == "http://localhost:8888/new"


def test_error_without_retry_has_no_button(notebook):
    """Where nobody handles another try, none is offered."""
    button = button_view()
    button.show_error(title="It failed", cause="Because.", next_step="Look.")
    notebook.show("button.js", button.view)
    assert not notebook.visible(".cognito-nb-retry")


def test_the_end_has_no_link(notebook):
    """After the end only words are left, and they are announced politely."""
    button = button_view()
    notebook.show("button.js", button.view)
    button.show_ended()
    notebook.set_view(button.view)
    assert notebook.text == "This sign-in has ended. Run %cognito_login again."
    assert notebook.page.locator("[role=status][aria-live=polite]").count() == 1


@pytest.mark.parametrize("script", ["button.js", "card.js"])
def test_cleanup_leaves_nothing(notebook, script):
    """A removed view leaves no timer, no listener and no element; only the model's own listener stays."""
    notebook.show(script, button_view().view)
    notebook.page.evaluate(
        "() => { window.calls = 0; const get = model.get; model.get = (n) => (window.calls += 1, get(n)); }"
    )
    notebook.page.evaluate("cleanups.forEach(cleanup => cleanup())")
    notebook.pass_time(30)
    assert notebook.page.evaluate("[model.handlers.length, calls]") == [1, 0]
    assert notebook.page.locator(".cognito-nb").count() == 0


@pytest.mark.parametrize("script", ["button.js", "card.js"])
def test_a_replaced_script_hears_nothing_more(notebook, script):
    """The model's own listeners go too, those at the kernel's connection among them."""
    notebook.show(script, button_view().view)
    notebook.page.evaluate("cleanups.forEach(cleanup => cleanup())")
    notebook.page.evaluate("forget()")
    left = "[model.handlers.length, model.signals.statusChanged.size, model.signals.disposed.size]"
    assert notebook.page.evaluate(left) == [0, 0, 0]
