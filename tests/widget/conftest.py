"""A page without Jupyter that shows a view as a notebook would: a stand-in for the model, the real script."""

from __future__ import annotations

import json
import pathlib
from typing import Any
from urllib.parse import unquote

import pytest

import cognito_nb

WIDGET = pathlib.Path(cognito_nb.__file__).parent / "widget"
PAGE = "http://localhost:8888/user/ada/lab"
NOW = 1_800_000_000
HOSTILE = "<img src=x onerror=alert(1)>"
# As strict as anywidget allows: it loads the script from a blob.
CSP = "default-src 'none'; script-src 'self' blob:; style-src 'self'; require-trusted-types-for 'script'"
FAKE_MODEL = """() => {
window.load = async (source, view) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const widget = (await import(url)).default();
  const handlers = [];
  const fire = (name, ...values) => handlers.filter((h) => h.name === name).forEach((h) => h.call(...values));
  const signals = { statusChanged: new Set(), disposed: new Set() };  // of lumino
  const signal = (name) => ({
    connect: (slot) => signals[name].add(slot),
    disconnect: (slot) => signals[name].delete(slot),
  });
  window.emit = (name, value) => signals[name].forEach((slot) => slot(null, value));
  window.model = {
    sent: [], dead: false, handlers, view, signals,
    widget_manager: { kernel: { statusChanged: signal("statusChanged"), disposed: signal("disposed") } },
    get: (name) => window.model[name],
    send(message) { if (window.model.dead) throw new Error("Cannot send"); window.model.sent.push(message); },
    on: (name, call) => handlers.push({ name, call }),
    off: (name, call) => handlers.splice(handlers.findIndex((h) => h.name === name && h.call === call), 1),
  };
  window.setView = (next) => { window.model.view = next; fire("change:view"); };
  window.receive = (message) => fire("msg:custom", message);
  window.cleanups = [];
  window.show = (dead) => {
    const el = document.createElement("div");
    el.className = dead ? "jupyter-widgets-disconnected" : "lm-Widget";
    document.body.append(el);
    window.cleanups.push(widget.render({ model: window.model, el }));
  };
  window.forget = widget.initialize({ model: window.model });
};
}"""


class Notebook:
    """A page that shows one widget, at a time that only the test moves."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))

    def show(self, script: str, view: dict[str, Any] | None = None, *, live: bool = True, url: str = PAGE) -> None:
        self.page.clock.install(time=NOW - 60)  # it runs until it is paused: a slow machine needs more than a second
        self.page.goto(url)
        self.page.clock.pause_at(NOW + 1)
        self.page.evaluate(FAKE_MODEL)
        self.page.evaluate("([source, view]) => load(source, view)", [(WIDGET / script).read_text(), view or {}])
        self.page.evaluate("live => show(!live)", live)

    def set_view(self, view: dict[str, Any]) -> None:
        self.page.evaluate("view => setView(view)", view)

    def receive(self, message: dict[str, Any]) -> None:
        self.page.evaluate("message => receive(message)", json.loads(json.dumps(message)))

    def pass_time(self, seconds: float) -> None:
        self.page.clock.run_for(int(seconds * 1000))

    @property
    def sent(self) -> list[str]:
        return [message["type"] for message in self.page.evaluate("model.sent")]

    @property
    def text(self) -> str:
        return " ".join(self.page.locator(".cognito-nb").first.inner_text().split())

    def visible(self, selector: str) -> bool:
        return self.page.locator(selector).first.is_visible()


@pytest.fixture
def notebook(chromium):
    """Give a `Notebook` in a browser of its own; an error or a refused script in the page fails the test."""
    context = chromium.new_context()
    page = context.new_page()

    def answer(route):
        url, _, more = unquote(route.request.url).partition("?")
        if url == PAGE:
            html = '<!doctype html><link rel="stylesheet" href="/widget.css"><title>Notebook</title>'
            route.fulfill(body=html, content_type="text/html", headers={"Content-Security-Policy": f"{CSP}; {more}"})
        elif route.request.url.endswith("/widget.css"):
            route.fulfill(body=(WIDGET / "widget.css").read_text(), content_type="text/css")
        else:
            route.fulfill(body="the start page", content_type="text/plain")

    context.route("**/*", answer)
    shown = Notebook(page)
    yield shown
    context.close()
    assert shown.errors == []
