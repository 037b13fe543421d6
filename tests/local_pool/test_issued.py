"""Token sessions: 20 of a user, whatever the client, and none of anybody else's."""

from dataclasses import replace

from cognito_nb.local_pool import AppClient


def test_twenty_first_sign_in_ends_the_first(caller):
    """Its refresh token is invalid_grant; its access token goes on."""
    sessions = [caller.tokens() for _ in range(20)]
    assert caller.refresh(sessions[0]["refresh_token"]).status_code == 200
    sessions += [caller.tokens()]
    assert caller.refresh(sessions[1]["refresh_token"]).json() == {"error": "invalid_grant"}
    assert caller.userinfo(sessions[1]["access_token"]).status_code == 200
    assert caller.refresh(sessions[0]["refresh_token"]).status_code == 200


def test_token_sessions_count_over_all_clients_of_a_pool(make_pool, caller):
    """But not over its users."""
    pool = make_pool(AppClient(), AppClient())
    one, other = (replace(caller, pool=pool, client_id=client_id) for client_id in pool.clients)
    first, grace = one.tokens()["refresh_token"], one.tokens("grace")["refresh_token"]
    for _ in range(20):
        other.tokens()
    assert one.refresh(first).json() == {"error": "invalid_grant"}
    assert one.refresh(grace).status_code == 200


def test_dead_token_sessions_do_not_count(caller, advance):
    """Neither expired nor revoked ones."""
    for _ in range(10):
        caller.tokens()
    advance(30 * 24 * 3600)
    tokens = [caller.tokens()["refresh_token"] for _ in range(20)]
    caller.revoke(token=tokens[19])
    caller.tokens()
    assert caller.refresh(tokens[0]).status_code == 200


def test_refreshes_do_not_count(make_caller):
    """A rotated refresh token stays in its token session."""
    caller = make_caller(rotation=True)
    first, token = caller.tokens()["refresh_token"], caller.tokens()["refresh_token"]
    for _ in range(25):
        token = caller.refresh(token).json()["refresh_token"]
    assert caller.refresh(first).status_code == 200


def test_signing_a_user_out_everywhere_ends_all_tokens(caller):
    """As GlobalSignOut: refresh and userInfo stop for this user, not for another."""
    ada, grace = [caller.tokens(), caller.tokens()], caller.tokens("grace")
    caller.pool.sign_out_everywhere(caller.pool.user("ada").sub)
    assert [caller.refresh(tokens["refresh_token"]).status_code for tokens in ada] == [400, 400]
    assert [caller.userinfo(tokens["access_token"]).status_code for tokens in (*ada, grace)] == [401, 401, 200]


def test_expired_codes_are_forgotten(caller, advance):
    """With the next one; a used one is at once."""
    caller.code()
    advance(300)
    caller.code()
    caller.tokens()
    assert len(caller.pool._codes) == 1


def test_dead_refresh_tokens_are_forgotten(caller, advance):
    """Revoked and expired ones, with the next one."""
    caller.revoke(token=caller.tokens()["refresh_token"])
    caller.tokens()
    assert len(caller.pool._refresh_tokens) == 1
    advance(30 * 24 * 3600)
    caller.tokens()
    assert len(caller.pool._refresh_tokens) == 1


def test_revocations_are_remembered_as_long_as_a_token_lasts(caller, advance):
    """A day at most; then the next revocation forgets them."""
    ada, grace = caller.pool.user("ada"), caller.pool.user("grace")
    revoked = caller.claims(caller.tokens()["access_token"])["origin_jti"]
    caller.pool.sign_out_everywhere(ada.sub)
    for seconds, remembered in ((86_399, True), (1, False)):
        advance(seconds)
        caller.tokens("grace")
        caller.pool.sign_out_everywhere(grace.sub)
        assert caller.pool.is_revoked(revoked) is remembered
