"""Lifetimes: what Cognito allows, and less for tests."""

import pytest

from cognito_nb.local_pool import Lifetimes


@pytest.mark.parametrize(
    ("name", "seconds", "said"),
    [
        ("access_token", 4, "5 to 86400"),
        ("access_token", 86_401, "5 to 86400"),
        ("id_token", 4, "5 to 86400"),
        ("id_token", 86_401, "5 to 86400"),
        ("refresh_token", 4, "5 to 315360000"),
        ("refresh_token", 3650 * 86_400 + 1, "5 to 315360000"),
        ("code", 0, "more than 0"),
        ("sign_in_page", -1, "more than 0"),
        ("browser_session", 0, "more than 0"),
    ],
)
def test_impossible_lifetime_is_refused(name, seconds, said):
    """By its name."""
    with pytest.raises(ValueError, match=f"^{name} takes {said} seconds"):
        Lifetimes(**{name: seconds})


def test_lifetime_is_a_number():
    """Anything else is refused by its name."""
    with pytest.raises(TypeError, match="^code takes int or float, not str"):
        Lifetimes(code="300")


@pytest.mark.parametrize("name", ["access_token", "id_token"])
def test_bounds_are_possible(name):
    """From five seconds, which a test can wait for, to a day."""
    assert [getattr(Lifetimes(**{name: seconds}), name) for seconds in (5, 86_400)] == [5, 86_400]
