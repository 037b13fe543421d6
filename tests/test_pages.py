import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_nb import pages

HOSTILE = """</title></style></script><script>alert(1)</script>"'><img src=x onerror=alert(1)>{{7*7}}{title}&lt;"""


@pytest.mark.parametrize(
    ("raw", "params"),
    [
        ("", {}),
        ("code=a&state=b", {"code": "a", "state": "b"}),
        ("&code=a&&", {"code": "a"}),
        ("c%6fde=a", {"code": "a"}),
        ("Code=a&code=b", {"Code": "a", "code": "b"}),
        ("code=a;state=b", {"code": "a;state=b"}),
        ("state=+a%20", {"state": " a "}),
        ("state=%2B", {"state": "+"}),
        ("code=a=b==", {"code": "a=b=="}),
        ("code", {"code": ""}),
        ("error_description=%E2%9C%93%0A", {"error_description": "✓\n"}),
    ],
)
def test_parse_takes_what_was_sent(raw, params):
    """Nothing is stripped, guessed or split by semicolons; names are decoded and case counts."""
    assert pages.parse_callback_query(raw) == params


@pytest.mark.refused("CB-04", "CB-28")
@pytest.mark.parametrize(
    ("raw", "states"),
    [
        ("code=a&code=b&state=s", ("s",)),
        ("code=a&c%6Fde=b&st%61te=s", ("s",)),
        ("state=s&state=t", ("s", "t")),
        ("code=%ff&state=s", ("s",)),
        ("code=%c0%af&state=s", ("s",)),  # overlong
        ("code=%ed%a0%80&state=s", ("s",)),  # surrogate
        ("code=%00&state=s", ("s",)),
        ("code=%&state=s", ("s",)),
        ("code=%zz&state=s", ("s",)),
        ("code=\xff&state=s", ("s",)),
        ("code=\u2713&state=s", ("s",)),
        ("%ff=a&state=s", ("s",)),
        ("state=%ff", ()),
        ("code=" + "a" * pages.MAX_QUERY, ()),
        ("&".join(f"p{number}" for number in range(pages.MAX_PARAMETERS + 1)), ()),
    ],
)
def test_parse_refuses_the_malformed_and_tells_the_states(raw, states):
    """Repeated, badly encoded, too long, too many: an error that shows nothing but carries what states there were."""
    with pytest.raises(pages.QueryError, match=r"^(the query is|there are|a parameter is) [a-z ]+$") as caught:
        pages.parse_callback_query(raw)
    assert caught.value.states == states


@given(
    st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), st.text("ab \xe9+&=%"))
)
def test_parse_undoes_any_encoding(params):
    """What a provider's standard encoder writes comes back unchanged."""
    assert pages.parse_callback_query(urlencode(params)) == params
    assert pages.parse_callback_query(urlencode(params, quote_via=quote)) == params


@pytest.mark.refused("CB-28")
@given(st.text(st.characters(max_codepoint=255)) | st.text("%=&+acdeost01"))
def test_parse_raises_query_errors_only(raw):
    """Any line of bytes is read or refused."""
    try:
        params = pages.parse_callback_query(raw)
    except pages.QueryError:
        return
    assert all("\0" not in name + value for name, value in params.items())


class Reader(HTMLParser):
    """What a browser sees: elements, and the text outside of style and script."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.links, self.inline, self.text = [], [], {}, ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("href", "src", "data-poll")]

    def handle_data(self, data):
        if self.tags[-1:] in (["style"], ["script"]):
            self.inline.setdefault(self.tags[-1], data)
        self.text += data


@pytest.mark.holds("CB-13")
def test_render_escapes_everything():
    """Hostile text stays text, in title, lists, code and links; it makes no element and no attribute."""
    page = pages.Page(
        HOSTILE,
        HOSTILE,
        links=(pages.Link(HOSTILE, "/x?" + HOSTILE),),
        sections=(pages.Section(HOSTILE, (HOSTILE,)), pages.Section("b", (HOSTILE,), code=True)),
        poll="/poll/" + HOSTILE,
    )
    plain = pages.Page(
        "t",
        "t",
        links=(pages.Link("l", "/"),),
        sections=(pages.Section("a", ("1",)), pages.Section("b", ("1",), code=True)),
        poll="/",
    )
    hostile, expected = Reader(pages.render(page)), Reader(pages.render(plain))
    assert hostile.tags == expected.tags
    assert hostile.inline == expected.inline
    assert hostile.links == ["/poll/" + HOSTILE, "/x?" + HOSTILE]
    assert hostile.text.count(HOSTILE) == 7


def test_render_shows_sections_and_links():
    """A page without extras has none; with them it says what it was given."""
    bare = Reader(pages.render(pages.Page("Title", "Text")))
    assert not {"a", "ul", "h2"} & set(bare.tags)
    full = pages.Page("Title", "Text", tone="ok", sections=(pages.Section("Head", ("one", "two")),))
    assert re.findall(r"<li>(\w+)</li>", pages.render(full)) == ["one", "two"]
    assert 'data-tone="ok"' in pages.render(full)


@pytest.mark.holds("CB-23")
def test_headers_allow_exactly_the_inline_style_and_script():
    """The hashes are those of what stands in the page; nothing else may load, frame or be sent to."""
    page = Reader(pages.render(pages.Page("t", "t")))
    policy = dict(part.split(" ", 1) for part in pages.headers()["Content-Security-Policy"].split("; "))

    def source(tag):
        return f"'sha256-{base64.b64encode(hashlib.sha256(page.inline[tag].encode()).digest()).decode()}'"

    assert policy == {
        "default-src": "'none'",
        "style-src": source("style"),
        "script-src": source("script"),
        "connect-src": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert pages.headers() == {
        "Content-Type": "text/html; charset=UTF-8",
        "Content-Security-Policy": pages.headers()["Content-Security-Policy"],
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


def test_script_writes_text_only_and_loads_nothing():
    """No innerHTML, no eval, no address of another origin in the script."""
    script = Reader(pages.render(pages.Page("t", "t"))).inline["script"]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function\(|https?:|import", script)


@pytest.mark.holds("CB-31")
@pytest.mark.parametrize("name", ["pages.js", "widget/button.js", "widget/card.js"])
def test_script_talks_to_no_window(name):
    """Nothing is posted and nothing listens, so a foreign window or opener has nobody to tell a code to."""
    script = Path(pages.__file__).parent.joinpath(name).read_text("utf-8")
    assert not re.search(r"postMessage|\bopener\b|onmessage|[\"'`]message[\"'`]|BroadcastChannel|localStorage", script)
