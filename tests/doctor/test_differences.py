"""In what two URLs differ: a table."""

import pytest

from cognito_nb.doctor.differences import difference, neighbours, other_loopback

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


def test_other_host_with_another_path_is_not_near():
    """Two differences only, but nothing in common: it is another service."""
    assert difference("https://hub.example.org/cognito/callback", ["https://example.com/else"]) == ""


def test_neighbours_of_a_url_of_this_machine():
    """A slash, the other name, the other scheme, and the ports that Jupyter takes."""
    assert neighbours(URL) == (
        f"{URL}/",
        "http://127.0.0.1:8888/cognito/callback",
        "https://localhost:8888/cognito/callback",
        "http://localhost:8889/cognito/callback",
        "http://localhost:8890/cognito/callback",
        "http://localhost:8891/cognito/callback",
        "http://localhost:8892/cognito/callback",
    )


def test_neighbours_are_at_most_eight():
    """One that is on none of Jupyter's own ports has the most."""
    assert len(neighbours("http://[::1]:9000/cognito/callback/")) == 8


def test_neighbour_of_a_url_elsewhere():
    """A host name of the company has neither http nor another port."""
    assert neighbours("https://hub.example.org/a/") == ("https://hub.example.org/a",)


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("http://localhost/", "http://127.0.0.1/"),
        ("http://[::1]:8888/a", "http://localhost:8888/a"),
        ("https://hub.example.org/", ""),
    ],
)
def test_other_loopback_name(url, other):
    """Only this machine has another name."""
    assert other_loopback(url) == other
