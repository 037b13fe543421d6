"""Queries of every kind: parameters come of one if, and only if, the rules written down here hold."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from cognito_nb.pages import MAX_PARAMETERS, MAX_QUERY, QueryError, parse_callback_query

PIECE = st.sampled_from(
    ["code", "c%6fde", "state", "st%61te", "%ff", "%00", "%C3%A9", "%E9%80%80", "%", "%zz", "+", "é", "", "=", ";"]
)
FIELD = st.lists(PIECE | st.text("%=+abcdef019", max_size=3), max_size=3).map("".join)


def octets(text):
    """Undo percent-encoding byte by byte; None where it is not one."""
    result, at = bytearray(), 0
    while at < len(text):
        if text[at] != "%":
            result += b" " if text[at] == "+" else text[at].encode("latin-1")
        elif re.match("[0-9a-fA-F]{2}", text[at + 1 : at + 3]):
            result.append(int(text[at + 1 : at + 3], 16))
            at += 2
        else:
            return None
        at += 1
    return bytes(result)


def decoded(text):
    """Return what a name or value means; None if it means nothing."""
    raw = octets(text)
    if raw is None or 0 in raw:
        return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


@given(st.lists(FIELD, max_size=6).map("&".join))
@example("&".join(f"p{number}=" for number in range(MAX_PARAMETERS)))
@example("&".join(f"p{number}=" for number in range(MAX_PARAMETERS + 1)))
@example("code=" + "c" * (MAX_QUERY - 5))
@example("code=" + "c" * (MAX_QUERY - 4))
def test_parameters_come_exactly_of_a_good_query(raw):
    """Each once, decoded; every other query is a QueryError that shows nothing of it."""
    fields = [field for field in raw.split("&") if field]
    pairs = [tuple(map(decoded, field.partition("=")[::2])) for field in fields]
    names = [name for name, _ in pairs]
    good = (
        len(raw) <= MAX_QUERY
        and len(fields) <= MAX_PARAMETERS
        and not any(None in pair for pair in pairs)
        and len(set(names)) == len(names)
    )
    try:
        params = parse_callback_query(raw)
    except QueryError as error:
        params, said = None, str(error)
        assert re.fullmatch("[a-z -]{1,60}", said)
    assert params == (dict(pairs) if good else None)
