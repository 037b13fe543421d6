"""Claims of every kind, by a good signer: a token passes if, and only if, the rules written down here hold.

The rules stand here a second time, in other words, so that a rule that is lost or bent in the code is found.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import make
from protocol.make import CLIENT_ID, ISSUER, NONCE, NOW, SUBJECT
from protocol.test_http import JSON

from cognito_nb.errors import TokenVerificationError

MINUTE, DAY = 60, 86_400
BY_DAYS = st.integers(NOW - 2 * DAY, NOW + 2 * DAY)
NEARLY = st.sampled_from([NOW + days * DAY + off for days in (-1, 0, 1) for off in (-61, -60, -59, 0, 59, 60, 61)])
TIME = BY_DAYS | NEARLY | JSON
TEXT = st.sampled_from(["", "id", "access", ISSUER, CLIENT_ID, SUBJECT, "other"])
ANY = TEXT | st.lists(TEXT, max_size=2) | JSON
COMMON = {
    "token_use": ANY,
    "iss": ANY,
    "sub": ANY,
    "iat": TIME,
    "exp": TIME,
    "nbf": TIME,
    "auth_time": TIME,
    "cognito:groups": ANY,
    "aud": ANY,
}


def changes(**claims):
    """Up to four claims that are replaced or, more rarely, left out; most tokens are nearly good."""
    left_out = st.just(make.ABSENT)
    one = st.sampled_from(sorted(claims)).flatmap(lambda name: st.tuples(st.just(name), claims[name] | left_out))
    return st.lists(one, max_size=4).map(dict)


def is_time(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**40


def keep_common_rules(claims):
    """Tell whether the rules hold that both kinds of token share."""
    iat, exp = claims.get("iat"), claims.get("exp")
    if not is_time(iat) or not is_time(exp):
        return False
    groups = claims.get("cognito:groups", [])
    return all(
        [
            claims.get("iss") == ISSUER,
            isinstance(claims.get("sub"), str) and len(claims["sub"]) > 0,
            NOW - DAY - MINUTE <= iat <= NOW + MINUTE,
            exp + MINUTE > NOW,
            exp - iat <= DAY + MINUTE,
            "nbf" not in claims or (is_time(claims["nbf"]) and claims["nbf"] - MINUTE <= NOW),
            "auth_time" not in claims or is_time(claims["auth_time"]),
            isinstance(groups, list) and not [group for group in groups if not isinstance(group, str)],
        ]
    )


def passes(verify, token):
    """Tell whether a token is accepted; whatever else is raised fails the test."""
    try:
        verify(token)
    except TokenVerificationError as error:
        shown = str(error)
        assert len(shown) <= 500
        return False
    return True


@pytest.mark.refused("ID-12", "ID-24", "ID-32")
@given(changes(**COMMON, nonce=st.sampled_from(["", "other", NONCE.upper(), [NONCE]]) | JSON, azp=ANY))
def test_id_token_passes_exactly_if_the_rules_hold(pool, replaced):
    """For any claims; nothing else is ever raised."""
    claims = make.id_claims(**replaced)
    rules = [
        keep_common_rules(claims),
        claims.get("token_use") == "id",
        claims.get("aud") in (CLIENT_ID, [CLIENT_ID]),
        claims.get("azp", CLIENT_ID) == CLIENT_ID,
        claims.get("nonce") == NONCE,
    ]
    assert passes(pool.verify_id, pool.id_token(claims)) == all(rules)


@pytest.mark.refused("ID-12", "ID-24", "ID-27")
@given(changes(**COMMON, client_id=ANY, scope=ANY))
def test_access_token_passes_exactly_if_the_rules_hold(pool, replaced):
    """For any claims; nothing else is ever raised."""
    claims = make.access_claims(**replaced)
    rules = [
        keep_common_rules(claims),
        claims.get("token_use") == "access",
        claims.get("client_id") == CLIENT_ID,
        claims.get("aud") is None,
        claims.get("sub") == SUBJECT,
        isinstance(claims.get("scope", ""), str),
    ]
    assert passes(pool.verify_access, pool.access_token(claims)) == all(rules)


MEMBERS = {
    "alg": st.sampled_from(["RS256", "none", "HS256", "RS512"]) | JSON,
    "kid": st.sampled_from(["abc+/def=", "ghi+/jkl=", ""]) | JSON,
    "typ": st.sampled_from(["JWT", "jwt", "at+jwt"]) | JSON,
    "crit": JSON,
    "jwk": JSON,
    "b64": JSON,
}


@pytest.mark.refused("ID-16", "ID-21", "ID-23")
@given(changes(**MEMBERS))
def test_header_passes_exactly_if_the_rules_hold(pool, replaced):
    """RS256, one of the pool's keys by its name (here the one that signed), no extension, and no other type."""
    header = make.changed({"alg": "RS256", "kid": "abc+/def="}, replaced)
    good = header.get("alg") == "RS256" and header.get("kid") == "abc+/def=" and "crit" not in header
    assert passes(pool.verify_id, pool.id_token(**replaced)) == (good and header.get("typ") in (None, "JWT"))
