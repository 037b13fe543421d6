"""What is remembered of a session: its text form, what a disk may hold of it, and whom it serves."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokens.fakes import new_tokens

from cognito_nb.config import CognitoConfig
from cognito_nb.secret import Secret
from cognito_nb.tokens.store import Kept, open_store, record_key

ISSUER = "https://idp.example/pool"
CONFIG = CognitoConfig(client_id="client", issuer=ISSUER)
KEPT = Kept.of(new_tokens(), CONFIG, CONFIG.scopes)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
secrets = st.none() | names.map(Secret)
kept_sessions = st.builds(
    Kept,
    issuer=names,
    client_id=names,
    subject=names,
    username=names,
    auth_time=st.none() | st.integers(0, 2**40),
    scopes=st.lists(names, max_size=3).map(tuple),
    refresh_token=secrets,
    access_token=secrets,
    id_token=secrets,
    nonce=secrets,
    expires_at=st.floats(0, 1e10),
)


def fields_of(kept):
    return json.loads(kept.to_text().reveal())


@given(kept_sessions)
def test_text_form_gives_back_what_it_was_made_of(kept):
    """Nothing is lost on the way, and it fits any entry: ASCII only."""
    text = kept.to_text()
    assert text.reveal().isascii()
    assert Kept.from_text(text) == kept


@given(st.text(max_size=40) | st.recursive(st.none() | st.integers() | names, st.lists).map(json.dumps))
def test_any_other_text_is_nothing(text):
    """Whatever a keyring or a server has there, nobody gets an exception."""
    assert Kept.from_text(Secret(text)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"issuer": None},
        {"scopes": "openid"},
        {"scopes": [1]},
        {"refresh_token": 1},
        {"auth_time": True},
        {"expires_at": "soon"},
        {"another": "field"},
    ],
    ids=str,
)
def test_another_versions_fields_are_nothing(change):
    """A field of another type, another version or an unknown field: it is not taken for ours."""
    assert Kept.from_text(Secret(json.dumps({**fields_of(KEPT), **change}))) is None


@pytest.mark.parametrize("name", Kept.__slots__)
def test_a_missing_field_is_nothing(name):
    """Half of it is not taken for a session."""
    fields = fields_of(KEPT)
    del fields[name]
    assert Kept.from_text(Secret(json.dumps(fields))) is None


def test_repr_shows_no_token():
    """A log or a traceback may hold it."""
    shown = repr(KEPT) + str(KEPT.to_text())
    assert not [name for name in ("refresh", "access", "id") if f"{name}-token" in shown]


def test_renewable_holds_the_refresh_token_and_no_other():
    """That is all that a disk may hold."""
    fields = fields_of(KEPT.renewable())
    assert fields["refresh_token"] == KEPT.refresh_token.reveal()
    assert [fields["access_token"], fields["id_token"], fields["nonce"], fields["expires_at"]] == [None, None, None, 0]


def test_identity_holds_no_token():
    """It says who was signed in, so that nobody else takes their place unnoticed."""
    identity = KEPT.identity()
    assert identity.subject == "ada"
    assert [identity.refresh_token, identity.access_token, identity.id_token, identity.nonce] == [None] * 4


@pytest.mark.parametrize(
    ("change", "serves"),
    [
        ({}, True),
        ({"scopes": (*CONFIG.scopes, "more")}, True),
        ({"scopes": ("openid",)}, False),
        ({"issuer": "https://idp.example/other"}, False),
        ({"client_id": "another"}, False),
        ({"refresh_token": None}, False),
    ],
    ids=str,
)
def test_serves_the_same_client_with_at_least_its_scopes(change, serves):
    """Another user pool's, another client's, a narrower or a dead session is no substitute for a sign-in."""
    assert replace(KEPT, **change).serves(CONFIG) is serves


def test_there_is_no_store_unless_asked_for():
    """By default the session lives in the kernel's memory alone."""
    assert open_store(CONFIG) is None


@pytest.mark.parametrize(
    "change",
    [
        {"profile": "other"},
        {"client_id": "other"},
        {"issuer": "https://other.example/pool"},
        {"resource": "https://other.example/api"},
        {"domain": "https://other.example"},
        {"endpoints": {"token": "http://127.0.0.1:9/t"}},
        {"endpoints": {"revocation": "http://127.0.0.1:9/t"}},
    ],
    ids=lambda change: next(iter(change)),
)
@pytest.mark.holds("NL-15")
def test_record_is_another_where_tokens_would_go_elsewhere(change):
    """A cloned cognito.toml that names endpoints of its own finds nothing that was remembered of the genuine ones."""
    settings = {"client_id": "client", "issuer": "https://idp.example/pool"}
    assert record_key(CognitoConfig(**settings)) != record_key(CognitoConfig(**settings | change))
    assert record_key(CognitoConfig(**settings)) == record_key(
        CognitoConfig(**settings, api_origins=["https://a.example"])
    )
