"""Fixtures of all tests: a browser, and isolation from the developer's own settings; how workers share tests."""

import os
import signal
from pathlib import Path

import pytest

pytest_plugins = ["canary", "cases", "matrix.table"]

CHROMIUM = "/usr/bin/chromium"
REQUIRED = os.environ.get("COGNITO_NB_REQUIRE_BROWSER") == "1"

# A shell that starts pytest in the background ignores interrupts, and so would every test of them.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """Run the browser tests last: with a browser, playwright has an event loop running in this thread."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give each worker (``-n 2``) whole files, in their order."""
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False
    return LoadFileScheduling(config, log)


@pytest.fixture(scope="module")
def chromium():
    """One browser process for a file; each test has contexts (profiles) of its own in it."""
    if not Path(CHROMIUM).exists():
        reason = f"BROWSER TESTS NOT RUN: there is no {CHROMIUM} (Debian: apt install chromium)"
        (pytest.fail if REQUIRED else pytest.skip)(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch):
    """Hide the developer's own COGNITO_NB_ variables."""
    for name in [
        name for name in os.environ if name.startswith("COGNITO_NB_") and name != "COGNITO_NB_REQUIRE_BROWSER"
    ]:
        monkeypatch.delenv(name)
