"""ID and access tokens: which claims pass, and that all others are refused by name.

The numbers ID-01 … ID-34 are the rows of the security cases.
"""

import hashlib
import json
from contextlib import suppress
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import make
from protocol.conftest import ID_KID
from protocol.make import ABSENT, CLIENT_ID, ISSUER, NONCE, NOW, SUBJECT, claim_at_fault
from protocol.test_http import JSON

from cognito_nb.errors import TokenVerificationError
from cognito_nb.protocol.claims import LEEWAY, VerifiedToken
from cognito_nb.secret import Secret

DAY = 24 * 3600
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
NO_STRING = [ABSENT, None, 5, True, [], {}]
NO_TIME = [ABSENT, None, True, False, 0, -1, 1.5, float(NOW), str(NOW), "foobar", [NOW], {}, 1 << 40, 10**400]


def table(*groups):
    """Rows (claim at fault, its value, further changes) of a parametrised table."""
    return [
        pytest.param(claim, {claim: value, **rest}, id=f"{claim}-{at}")
        for claim, values, rest in groups
        for at, value in enumerate(values)
    ]


COMMON = table(
    ("iss", [f"{ISSUER}1", f"{ISSUER}/", [ISSUER], "https://", "", ISSUER.upper(), *NO_STRING], {}),  # ID-01, ID-02
    ("iss", [ISSUER.replace("EXAMPLE", "OTHER"), ISSUER.replace("https", "http")], {}),  # ID-02
    ("sub", ["", *NO_STRING], {}),
    ("iat", NO_TIME, {}),  # ID-08
    ("iat", [NOW - 7 * DAY, NOW - DAY - LEEWAY - 1], {"exp": NOW + 60}),  # ID-09
    ("iat", [NOW + LEEWAY + 1, NOW + 3600], {}),  # ID-09
    ("exp", ["9999999999", *NO_TIME], {}),  # ID-10, ID-12
    ("exp", [NOW - 301, NOW - LEEWAY - 1, NOW - LEEWAY], {"iat": NOW - 3600}),  # ID-11
    ("exp", [NOW + DAY + LEEWAY + 1, (1 << 40) - 1], {}),  # ID-12
    ("nbf", [NOW + LEEWAY + 1, *NO_TIME[1:]], {}),  # ID-13
    ("auth_time", NO_TIME[1:], {}),  # ID-33
    ("cognito:groups", [None, 5, "admins", {"admins": 1}, ["admins", 5], [["admins"]]], {}),
)
ID_ONLY = table(
    ("token_use", ["access", "ID", "id ", *NO_STRING, ["id"]], {}),  # ID-25
    (
        "aud",
        [[], [CLIENT_ID, 1], [CLIENT_ID, "evil"], [[CLIENT_ID]], "evil", CLIENT_ID.upper(), *NO_STRING],
        {},
    ),  # ID-04
    ("azp", ["evil", None, 5, [CLIENT_ID]], {}),
    ("nonce", ["", "other", NONCE.upper(), [NONCE], *NO_STRING], {}),  # ID-15
)
ACCESS_ONLY = table(
    ("token_use", ["id", "ACCESS", *NO_STRING, ["access"]], {}),  # ID-25
    ("client_id", ["other", CLIENT_ID.upper(), [CLIENT_ID], *NO_STRING], {}),  # ID-27
    ("aud", [CLIENT_ID, [], "https://api.example.com"], {}),
    ("sub", ["somebody else", SUBJECT.upper() + " "], {}),
    ("scope", [None, 5, ["openid"], {"openid": 1}], {}),
)
BENIGN = [
    {"aud": [CLIENT_ID]},  # ID-05
    {"azp": CLIENT_ID},
    {"exp": NOW - LEEWAY + 1, "iat": NOW - 3600},  # ID-11
    {"exp": NOW + DAY + LEEWAY},
    {"iat": NOW - DAY - LEEWAY, "exp": NOW},  # ID-09
    {"iat": NOW + LEEWAY},
    {"nbf": NOW + LEEWAY},  # ID-13
    {"auth_time": ABSENT},
    {"auth_time": NOW - 90 * DAY},  # a long session: max_age is never asked for (ID-33)
    {"auth_time": 1},
    {"auth_time": (1 << 40) - 1},
    {"cognito:groups": []},
    {"cognito:groups": ["analysts", "admins"]},
    {"name": "<script>alert(1)</script>", "custom:x": "\0\u202e"},  # ID-32
    {f"x{number}": number for number in range(1000)},  # ID-32
    {"a new claim": {"nested": [1, 2.5, None]}},
]


@pytest.mark.accepted("ID-34")
def test_id_token_gives_its_claims(pool):
    """A good token comes back with what it says, and remains a secret (ID-34)."""
    token = pool.id_token()
    verified = pool.verify_id(token)
    assert (verified.token, dict(verified.claims)) == (token, make.id_claims())


def test_access_token_gives_its_claims(pool):
    """The granted scopes are among them, in the pool's order (TR-13)."""
    assert dict(pool.verify_access(pool.access_token()).claims) == make.access_claims()


def test_verified_token_names_subject_and_expiry(pool):
    """The two facts that everybody needs."""
    verified = pool.verify_id(pool.id_token())
    assert (verified.subject, verified.expires_at) == (SUBJECT, NOW + 3600)


def test_verified_token_is_read_only(pool):
    """Nobody adds a group to a verified token."""
    with pytest.raises(TypeError):
        pool.verify_id(pool.id_token()).claims["cognito:groups"] = ["admins"]


def test_verified_token_shows_no_claim():
    """Its repr holds neither the nonce nor the user's attributes (UI-08)."""
    assert (
        repr(VerifiedToken(Secret("t"), {"nonce": "n", "email": "ada@example.com"}))
        == "VerifiedToken(token=Secret(***))"
    )


@pytest.mark.refused("ID-01", "ID-02", "ID-04", "ID-08", "ID-09", "ID-10", "ID-11", "ID-12", "ID-13", "ID-15")
@pytest.mark.parametrize(("claim", "changes"), COMMON + ID_ONLY)
def test_id_token_is_refused_by_claim(pool, claim, changes):
    """Each rule refuses absent, foreign and ill-typed values, and names the claim."""
    token = pool.id_token(make.id_claims(**changes))
    assert claim_at_fault(partial(pool.verify_id, token)) == claim


@pytest.mark.refused("ID-02", "ID-08", "ID-09", "ID-10", "ID-11", "ID-12", "ID-13", "ID-27")
@pytest.mark.parametrize(("claim", "changes"), COMMON + ACCESS_ONLY)
def test_access_token_is_refused_by_claim(pool, claim, changes):
    """The same rules, and the app client's id in place of the audience."""
    token = pool.access_token(make.access_claims(**changes))
    assert claim_at_fault(partial(pool.verify_access, token)) == claim


@pytest.mark.accepted("ID-05", "ID-11", "ID-13", "ID-32", "ID-33", "ID-34")
@pytest.mark.parametrize("changes", BENIGN, ids=range(len(BENIGN)))
def test_id_token_is_accepted_within_the_rules(pool, changes):
    """The edges of the leeway, optional claims, and claims that nobody knows."""
    assert pool.verify_id(pool.id_token(make.id_claims(**changes))).subject == SUBJECT


@pytest.mark.refused("ID-12", "ID-24")
@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e400", "1" * 5000])
def test_id_token_that_never_expires_is_refused(pool, text):
    """What is no JSON number is no time (ID-12, ID-24)."""
    claims = json.dumps(make.id_claims(exp=0)).replace('"exp": 0', f'"exp": {text}').encode()
    assert claim_at_fault(partial(pool.verify_id, pool.id_token(claims))) == "format"


@pytest.mark.refused("ID-27")
@pytest.mark.parametrize("use", ["ID token", "access token"])
def test_refusal_names_the_kind_of_token(pool, use):
    """Whoever reads it knows which of the two was wrong (ID-27)."""
    calls = {
        "ID token": partial(pool.verify_id, pool.id_token(make.id_claims(exp=NOW - 3600))),
        "access token": partial(pool.verify_access, pool.access_token(make.access_claims(exp=NOW - 3600))),
    }
    assert str(make.failure(calls[use])).startswith(f"{use} refused: exp")


def test_refusal_names_both_clocks(pool):
    """A token from the future says how far the clocks are apart (LF-13)."""
    text = str(make.failure(partial(pool.verify_id, pool.id_token(make.id_claims(iat=NOW + 86400)))))
    assert f"this kernel's clock, {NOW}, got a time 86400 s ahead of it" in text


def test_refusal_carries_expected_and_actual(pool):
    """A wrong app client is diagnosed by comparing the two."""
    error = make.failure(partial(pool.verify_id, pool.id_token(make.id_claims(aud="another client"))))
    assert (error.expected, error.actual) == (CLIENT_ID, "another client")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"aud": "another client"}, f"aud: expected {CLIENT_ID}, got another client"),
        ({"aud": ABSENT}, f"aud: expected {CLIENT_ID}"),
        ({"aud": ""}, f"aud: expected {CLIENT_ID}"),
        ({"aud": 5}, f"aud: expected {CLIENT_ID}, got (int)"),
        ({"nonce": "another"}, "nonce"),
        ({"aud": "words " * 100}, f"aud: expected {CLIENT_ID}, got {('words ' * 17)[:99]}…"),
    ],
)
def test_refusal_says_as_much_as_may_be_known(pool, changes, text):
    """What was expected and what came, a hundred characters of it; of a nonce nothing."""
    error = make.failure(partial(pool.verify_id, pool.id_token(make.id_claims(**changes))))
    assert error.message == f"ID token refused: {text}"


def test_refusal_of_an_audience_says_that_none_was_expected(pool):
    """An access token without a resource has none."""
    error = make.failure(partial(pool.verify_access, pool.access_token(make.access_claims(aud="api"))))
    assert error.message == "access token refused: aud: expected none, got api"


@pytest.mark.refused("ID-25")
def test_access_token_given_as_id_token_is_refused(pool):
    """Each kind has its rules (ID-25, RFC 8725 §3.12)."""
    assert claim_at_fault(partial(pool.verify_id, pool.access_token())) == "token_use"


@pytest.mark.refused("ID-25")
def test_id_token_given_as_access_token_is_refused(pool):
    """Each kind has its rules (ID-25, RFC 8725 §3.12)."""
    assert claim_at_fault(partial(pool.verify_access, pool.id_token())) == "token_use"


@pytest.mark.parametrize("nonce", [ABSENT, NONCE])
def test_nonce_may_be_absent_after_a_refresh(pool, nonce):
    """If it is there it must be the original (OpenID Connect Core §12.2)."""
    assert pool.verify_id(pool.id_token(make.id_claims(nonce=nonce)), nonce_required=False)


def test_nonce_of_another_sign_in_is_refused_after_a_refresh(pool):
    """Absent is fine, different is not (RF-09)."""
    token = pool.id_token(make.id_claims(nonce="other"))
    assert claim_at_fault(partial(pool.verify_id, token, nonce_required=False)) == "nonce"


def test_nonce_is_not_compared_where_none_was_sent(pool):
    """Tokens that this kernel did not ask for, and Cognito's own nonces."""
    assert pool.verify_id(pool.id_token(), nonce=None, nonce_required=False)


@pytest.mark.parametrize("nonce", [ABSENT, None, NONCE])
def test_nonce_that_is_required_but_not_given_refuses_everything(pool, nonce):
    """A caller's mistake must not switch the check off."""
    token = pool.id_token(make.id_claims(nonce=nonce))
    assert claim_at_fault(partial(pool.verify_id, token, nonce=None)) == "nonce"


def half_hash(text):
    return make.base64url(hashlib.sha256(text.encode()).digest()[:16])


@pytest.mark.parametrize("at_hash", [ABSENT, half_hash("acc.e.ss")])
def test_at_hash_fits_the_access_token(pool, at_hash):
    """It is optional in the code flow (OpenID Connect Core §3.1.3.8)."""
    token = pool.id_token(make.id_claims(at_hash=at_hash))
    assert pool.verify_id(token, access_token=Secret("acc.e.ss"))


@pytest.mark.parametrize("at_hash", [half_hash("other"), half_hash("acc.e.ss") + "==", "", None, 5, ["x"]])
def test_at_hash_of_another_access_token_is_refused(pool, at_hash):
    """Tokens of two answers were mixed."""
    token = pool.id_token(make.id_claims(at_hash=at_hash))
    assert claim_at_fault(partial(pool.verify_id, token, access_token=Secret("acc.e.ss"))) == "at_hash"


@pytest.mark.parametrize("access_token", ["ä", "\ud800"])
def test_at_hash_of_any_text_is_compared(pool, access_token):
    """An access token that no server sends is refused by name, not by an encoder."""
    token = pool.id_token(make.id_claims(at_hash="x"))
    assert claim_at_fault(partial(pool.verify_id, token, access_token=Secret(access_token))) == "at_hash"


def test_at_hash_is_not_checked_for_an_id_token_alone(pool):
    """There is nothing to compare it with."""
    assert pool.verify_id(pool.id_token(make.id_claims(at_hash="x")))


def test_access_token_bound_to_a_resource_is_accepted_for_it(pool):
    """`aud` is the resource that was asked for (RFC 8707)."""
    resource = "https://api.example.com"
    assert pool.verify_access(pool.access_token(make.access_claims(aud=resource)), resource=resource)


@pytest.mark.parametrize("audience", [ABSENT, "https://evil.example", ["https://api.example.com"], CLIENT_ID])
def test_access_token_bound_to_another_resource_is_refused(pool, audience):
    """Also where Cognito ignored the resource."""
    token = pool.access_token(make.access_claims(aud=audience))
    assert claim_at_fault(partial(pool.verify_access, token, resource="https://api.example.com")) == "aud"


def test_access_token_may_come_without_id_token(pool):
    """Then there is no subject to compare."""
    assert pool.verify_access(pool.access_token(make.access_claims(sub="anybody")), subject=None).subject == "anybody"


def test_access_token_may_lack_scopes(pool):
    """Inactive scopes are left out, all of them perhaps."""
    assert "scope" not in pool.verify_access(pool.access_token(make.access_claims(scope=ABSENT))).claims


@pytest.mark.parametrize("type_", [ABSENT, "JWT", "at+jwt"])
def test_access_token_may_name_its_type(pool, type_):
    """As RFC 9068 has it, or not."""
    header = make.changed({"alg": "RS256", "kid": ID_KID}, {"typ": type_})
    assert pool.verify_access(make.jws(header, make.access_claims(), partial(make.rs256, pool.id_key)))


SECRETS = list(make.CANARIES.values())
CLAIMS = [
    "iss",
    "sub",
    "aud",
    "token_use",
    "nonce",
    "iat",
    "exp",
    "nbf",
    "azp",
    "auth_time",
    "cognito:groups",
]


@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("value", [SECRETS[0], SECRETS, {"x": SECRETS[1]}], ids=["text", "list", "object"])
def test_error_of_a_claim_holds_no_secret(pool, claim, value):
    """A signed token that is refused shows neither itself nor what its claims echo."""
    token = pool.id_token(make.id_claims(**{claim: value, "email": SECRETS[2]}))
    check = partial(
        pool.verify_id,
        token,
        nonce=Secret(make.CANARIES["nonce"]),
        access_token=Secret(make.CANARIES["access"]),
    )
    assert not make.leaks([*SECRETS, token.reveal(), *token.reveal().split(".")], make.everything(make.failure(check)))


@given(
    st.dictionaries(st.sampled_from([*make.id_claims(), "azp", "nbf", "cognito:groups", "at_hash"]), JSON, min_size=1)
)
def test_any_signed_claims_are_judged(pool, changes):
    """Arbitrary claims of a good signer pass or are refused; a token that passes is ours and has an end."""
    with suppress(TokenVerificationError):
        verified = pool.verify_id(pool.id_token(make.id_claims(**changes)), access_token=Secret("a"))
        assert NOW - LEEWAY < verified.expires_at <= NOW + DAY + 2 * LEEWAY
        assert (verified.claims["iss"], verified.claims["nonce"]) == (ISSUER, NONCE)
