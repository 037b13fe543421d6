"""Key rotation: old tokens verify only while their keys stay in the key set."""

import jwt
import pytest

from cognito_nb.local_pool.keys import PoolKeys


def kids(caller):
    return {key["kid"] for key in caller.web.get(f"{caller.pool.issuer}/.well-known/jwks.json").json()["keys"]}


@pytest.mark.parametrize(("keep_old", "status"), [(False, 401), (True, 200)])
def test_tokens_of_before_a_rotation(caller, keep_old, status):
    """Without the old keys, userInfo and the demo API refuse them; refresh tokens know no keys."""
    tokens = caller.tokens()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    caller.pool.rotate_keys(keep_old=keep_old)
    assert caller.userinfo(tokens["access_token"]).status_code == status
    assert caller.web.get(f"{caller.pool.api_url}/me", headers=headers).status_code == status
    fresh = caller.refresh(tokens["refresh_token"]).json()["access_token"]
    assert caller.userinfo(fresh).status_code == 200


def test_rotation_changes_both_kids(caller):
    """New tokens name the new ones."""
    before = kids(caller)
    caller.pool.rotate_keys()
    after = kids(caller)
    assert len(after) == 2
    assert not before & after
    tokens = caller.tokens()
    assert {jwt.get_unverified_header(tokens[kind])["kid"] for kind in ("id_token", "access_token")} == after


def test_rotation_can_keep_the_old_keys(caller):
    """All of them, over several rotations."""
    before = kids(caller)
    caller.pool.rotate_keys(keep_old=True)
    caller.pool.rotate_keys(keep_old=True)
    assert before < kids(caller)
    assert len(kids(caller)) == 6


def test_keys_hide_their_private_half():
    """In a repr, that is."""
    assert "private_key" not in repr(PoolKeys.generate())
