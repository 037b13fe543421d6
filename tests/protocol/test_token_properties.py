"""Token responses of every kind: tokens come of one if, and only if, the rules written down here hold."""

from hypothesis import given
from hypothesis import strategies as st
from protocol import make
from protocol.test_http import JSON
from protocol.test_token import GOOD, process

from cognito_nb.errors import CognitoError

TEXT = st.sampled_from(["", "a.b.c", "to ken", "t\u00f6ken", "to\nken", "t" * 65_536, "t" * 65_537])
TYPE = st.sampled_from(["Bearer", "bearer", "BEARER", "bearer ", "MAC", "DPoP"])
LIFE = st.sampled_from([-1, 0, 1, 3600, 86_400, 86_401, 10**30, 2.5, True, "3600"])
MEMBERS = {
    "access_token": TEXT | JSON,
    "id_token": TEXT | JSON,
    "refresh_token": TEXT | JSON,
    "token_type": TYPE | JSON,
    "expires_in": LIFE | JSON,
    "scope": JSON,
    "error": JSON,
    "x": JSON,
}
CHANGE = st.sampled_from(sorted(MEMBERS)).flatmap(
    lambda name: st.tuples(st.just(name), MEMBERS[name] | st.just(make.ABSENT))
)


def is_token(value):
    """Tell whether a member can be a token: ASCII that shows, without blanks, of at most 64 KiB."""
    return (
        isinstance(value, str)
        and value.isascii()
        and value.isprintable()
        and " " not in value
        and 0 < len(value) <= 2**16
    )


def keeps_the_rules(answer, *, openid):
    life, kind = answer.get("expires_in"), answer.get("token_type")
    return all(
        [
            "error" not in answer,
            isinstance(kind, str) and kind.lower() == "bearer",
            is_token(answer.get("access_token")),
            is_token(answer.get("id_token")) or (answer.get("id_token") is None and not openid),
            is_token(answer.get("refresh_token")) or answer.get("refresh_token") is None,
            life is None or (isinstance(life, int) and not isinstance(life, bool) and 1 <= life <= 86_400),
        ]
    )


@given(st.lists(CHANGE, max_size=3).map(dict), st.booleans(), st.booleans())
def test_tokens_come_exactly_of_a_good_response(changes, openid, refreshing):
    """They are then the response's own; every other response is an error of ours, of at most 500 characters."""
    answer = make.changed(GOOD, changes)
    try:
        tokens = process(make.answer(answer), openid=openid, refreshing=refreshing)
    except CognitoError as error:
        tokens, shown = None, str(error)
        assert len(shown) <= 500
    assert (tokens is not None) == keeps_the_rules(answer, openid=openid)
    if tokens is not None:
        given = [answer.get(name) for name in ("access_token", "id_token", "refresh_token")]
        assert [
            token and token.reveal() for token in (tokens.access_token, tokens.id_token, tokens.refresh_token)
        ] == given
