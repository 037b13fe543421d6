"""Fixtures of the calls that are many at once."""

import threading

import pytest
from data.api import Api


@pytest.fixture(params=["sync", "async"])
def api(request, monkeypatch):
    """A stand-in API; each test runs with both forms."""
    api = Api(request.param, monkeypatch)
    yield api
    api.close_all()


@pytest.fixture(autouse=True)
def _no_thread_is_left():
    """Check that a fetch ends its thread, whatever a test does with it."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        if thread.name == "cognito_nb":
            thread.join(5)
            assert not thread.is_alive()
