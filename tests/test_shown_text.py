"""Text from elsewhere: what may not be shown goes, and nothing else."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import make

from cognito_nb.shown_text import printable, public_text

SECRETS = list(make.CANARIES.values())
PRINTABLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
HARMFUL = {
    number: None
    for number in range(sys.maxunicode + 1)
    if unicodedata.category(chr(number)) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
}


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "(NoneType)"), (5, "(int)"), ([SECRETS[0]], "(list)"), (b"x", "(bytes)")]
)
def test_public_text_shows_other_values_as_their_type(value, shown):
    """Nothing is turned into text that might hold one."""
    assert public_text(value) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("code expired", "code expired"),
        ("a\r\n\t\x1b[31mb\0\u202e\u2028", "a   \u0020[31mb   "),
        ("\ud800", " "),
        (f"your code {SECRETS[0]}!", "your code […]!"),
        ("x" * 29, "x" * 29),
        ("x" * 30, "[…]"),
        ("naïve café " * 3, "naïve café " * 3),
    ],
)
def test_public_text_is_fit_to_be_shown(text, shown):
    """Control characters go, long runs are masked, the rest stays."""
    assert public_text(text) == shown


@given(st.text(), st.integers(1, 300))
def test_public_text_is_printable_and_bounded(text, limit):
    """Whatever a provider sends."""
    shown = public_text(text * 5, limit=limit)
    assert (len(shown) <= limit, shown.translate(HARMFUL)) == (True, shown)


@given(PRINTABLE, st.sampled_from(SECRETS), PRINTABLE, st.integers(30, 300), st.integers(0, 40))
def test_public_text_hides_a_secret_wherever_it_stands(before, secret, after, limit, repeat):
    """Also where the text is cut, and behind long runs that are masked themselves."""
    assert not make.leaks([secret], public_text(f"{before}{'A' * 30 * repeat} {secret}{after}", limit=limit))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Kundendaten\u3000Süd\xa02", "Kundendaten\u3000Süd\xa02"),
        ("\ue000", "\ue000"),
        ("a\x9b31m\x7f", "a 31m "),
        ("a\nb\u2029c\u2067d", "a b c d"),
    ],
)
def test_printable_keeps_one_line(text, shown):
    """Spaces of all widths and letters that this Python does not know stay; what acts on a terminal does not."""
    assert (printable(text), printable(text, limit=len(text))) == (shown, shown)


def test_printable_may_keep_line_ends():
    """Those of a message that has several lines; not those that only terminals take for one."""
    assert printable("a\nb\r\x85c", line_ends=True) == "a\nb  c"


@pytest.mark.parametrize(("limit", "shown"), [(1, "…"), (4, "abc…"), (5, "abcde"), (6, "abcde")])
def test_printable_shows_that_it_has_cut(limit, shown):
    """The mark counts."""
    assert printable("abcde", limit=limit) == shown
