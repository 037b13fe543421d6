"""Appended: what it makes is what httpx makes."""

import httpx
import pytest

from cognito_nb.data.appended import Appended

BASES = [
    "https://api.example.com/v1/",
    "http://127.0.0.1:8000/",
    "HTTPS://API.example.com:443/a%2Fb/ü/",
    "https://[::1]:8443/",
    "https://ada:secret@api.example.com/",
    "https://bücher.example/",
    "https://api.example.com/x/../y/",
    "https://api.example.com/?stage=1/",
    "https://api.example.com/#top/",
]
PATHS = [
    "",
    "orders/1",
    "orders/a-b_c.d~e",
    "orders?state=open&since=2024-01-01T00:00:00",
    "orders?",
    "orders?a?b",
    "orders#top",
    "orders?x=1#top",
    "a//b/",
    "./a",
    "../a",
    "a/./b",
    "a/../b",
    "a/..",
    ".hidden",
    "...",
    "a..b/c.",
    "orders:batch",
    "@evil.example/",
    "//evil.example/",
    "a b",
    "a%20b",
    "a%zz",
    "ü?ü=ü",
    "a?b=c d",
    "a?b=%2F'",
    "a[1]",
    "a" * 3_000,
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("base", BASES)
def test_appended_is_what_httpx_makes_of_the_whole(base, path):
    """Part by part, whether or not it is made in the quick way."""
    assert vars(Appended(base).url(path)) == vars(httpx.URL(base + path))


@pytest.mark.parametrize("character", [chr(code) for code in range(0x20, 0x7F)])
def test_appended_lets_each_character_be_what_it_is_to_httpx(character):
    """In the path and in the query."""
    for path in (f"a{character}b", f"a?b{character}c"):
        assert vars(Appended(BASES[0]).url(path)) == vars(httpx.URL(BASES[0] + path))


@pytest.mark.parametrize("path", ["a\nb", "a\0b", "a" * 70_000], ids=["newline", "null", "long"])
def test_appended_refuses_what_httpx_refuses(path):
    """With its error."""
    with pytest.raises(httpx.InvalidURL):
        Appended(BASES[0]).url(path)


def test_appended_reads_a_plain_path_no_second_time(monkeypatch):
    """It is the quick way with the httpx that is installed; should this fail, the URLs are right still, and slow."""
    appended, read = Appended(BASES[0]), []
    monkeypatch.setattr("httpx._urls.urlparse", lambda *parts, **_: read.append(parts))
    assert str(appended.url("orders/1?x=1")) == "https://api.example.com/v1/orders/1?x=1"
    assert read == []


def test_appended_goes_the_long_way_with_an_httpx_that_keeps_its_urls_otherwise(monkeypatch):
    """What it does not know it leaves alone."""
    monkeypatch.setattr(Appended, "_quick", lambda *_: httpx.URL("https://evil.example/"))
    assert str(Appended(BASES[0]).url("orders/1")) == "https://api.example.com/v1/orders/1"
