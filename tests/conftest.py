"""Fixtures of all tests: the canary, and isolation from the developer's own settings."""

import pytest
from canary import Canary


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch):
    """Hide the developer's own COGNITO_NB_ variables."""
    import os

    for name in [
        name for name in os.environ if name.startswith("COGNITO_NB_") and name != "COGNITO_NB_REQUIRE_BROWSER"
    ]:
        monkeypatch.delenv(name)


@pytest.fixture
def canary(monkeypatch):
    """Collects every secret that the test makes."""
    canary = Canary()
    canary.watch(monkeypatch)
    return canary
