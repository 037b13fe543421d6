"""In what two URLs differ: a table."""

import pytest

from cognito_nb.doctor.differences import difference

URL = "http://localhost:8888/cognito/callback"

TABLE = {
    f"{URL}/": "with a slash at the end",
    "http://localhost:8888/Cognito/callback": "other upper and lower case",
    "http://localhost:8889/cognito/callback": "port 8889, not 8888",
    "http://127.0.0.1:8888/cognito/callback": "host 127.0.0.1, not localhost",
    "https://localhost:8888/cognito/callback": "https, not http",
    "http://localhost:8888/base/cognito/callback": "path /base/cognito/callback, not /cognito/callback",
    f"{URL}?a=b": "another query",
    "http://127.0.0.1:8889/cognito/callback": "host 127.0.0.1, not localhost, port 8889, not 8888",
    "http://127.0.0.1:8888/cognito/callback/": "host 127.0.0.1, not localhost, with a slash at the end",
    "https://localhost/cognito/callback": "https, not http, port 443, not 8888",
}


@pytest.mark.parametrize(("registered", "words"), TABLE.items())
def test_difference_names_the_part(registered, words):
    """What differs is named as it is registered."""
    assert difference(URL, [registered]) == f"the nearest is {registered} ({words})"


def test_difference_of_a_slash_that_is_too_many():
    """The registered one has none."""
    assert difference(f"{URL}/", [URL]).endswith("(without a slash at the end)")


def test_registered_url_has_no_difference():
    """One that is the same, to the letter, is enough."""
    assert difference(URL, ["http://localhost:8889/cognito/callback", URL]) == ""


@pytest.mark.parametrize("registered", [[], ["https://example.com/else"], ["http://localhost:99999/cognito/callback"]])
def test_nothing_near_is_not_compared(registered):
    """A URL that has nothing to do with it explains nothing."""
    assert difference(URL, registered) == ""


def test_nearest_is_chosen():
    """Of several, the one with the fewest differences helps."""
    registered = ["http://127.0.0.1:8889/cognito/callback", f"{URL}/"]
    assert difference(URL, registered).startswith(f"the nearest is {URL}/ ")
