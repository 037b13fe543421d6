"""The refresh engine: once for all callers, never at the wrong session's cost."""

import asyncio
import concurrent.futures
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from lab import wait_for
from tokens.fakes import NO_MEMORY, FakePool, new_tokens, until

from cognito_nb.errors import (
    ConfigurationError,
    NetworkError,
    NotSignedInError,
    ProtocolError,
    SessionExpiredError,
    TokenResponseError,
    TokenVerificationError,
)
from cognito_nb.secret import Secret
from cognito_nb.tokens.refresh import RefreshEngine
from cognito_nb.tokens.source import TokenSource


class Lab:
    """An engine over a pool that answers as it is told; the engine's pauses pass at once, and are noted."""

    def __init__(self, tokens, *answers):
        self.pool = FakePool(*answers)
        self.source = TokenSource(tokens)
        self.engine = RefreshEngine(self.source, self.pool, NO_MEMORY)
        self.engine._sleep = self.sleep
        self.pauses = []
        self.source.monotonic = lambda: time.monotonic() + sum(self.pauses)
        self.source.clock = lambda: time.time() + sum(self.pauses)

    async def sleep(self, seconds):
        self.pauses.append(seconds)

    def settle(self):
        """Wait until no refresh is under way."""
        wait_for(lambda: not self.engine._ahead and self.engine._flight is None, "the end of the refresh", 5)


@pytest.fixture
def lab():
    """Make labs whose threads end with the test."""
    labs = []

    def make(tokens=None, *answers):
        labs.append(Lab(tokens or new_tokens(left=-1), *answers))
        return labs[-1]

    yield make
    for made in labs:
        made.pool.background.stop()


@pytest.fixture(params=["sync", "async"])
def call(request):
    """Call an engine's method from blocking code, and from an event loop."""
    if request.param == "sync":
        return lambda engine, name, *arguments: getattr(engine, name)(*arguments)
    return lambda engine, name, *arguments: asyncio.run(getattr(engine, f"a{name}")(*arguments))


def expired(tokens):
    """The same tokens, their life over."""
    return replace(tokens, deadline=time.monotonic() - 1)


def together(engine, method, *arguments, threads=20, tasks=20, loops=2):
    """Call from threads, and from tasks on event loops, at once; returns what each got, errors included."""

    async def many():
        coroutines = [getattr(engine, f"a{method}")(*arguments) for _ in range(tasks)]
        return await asyncio.gather(*coroutines, return_exceptions=True)

    def one():
        try:
            return [getattr(engine, method)(*arguments)]
        except Exception as error:  # noqa: BLE001 - what it is, the test tells
            return [error]

    with concurrent.futures.ThreadPoolExecutor(threads + loops) as executor:
        futures = [executor.submit(one) for _ in range(threads)]
        futures += [executor.submit(lambda: asyncio.run(many())) for _ in range(loops)]
        return [outcome for future in futures for outcome in future.result(20)]


@pytest.mark.parametrize(
    ("life", "left", "asked"),
    [
        (3600, 3600, 0),
        (3600, 451, 0),  # a tenth of the life, and up to a quarter of that on top: jitter
        (3600, 359, 1),
        (3600, -1, 1),
        (300, 76, 0),
        (300, 59, 1),
        (5, 2.2, 0),
        (5, 1.6, 1),
        (5, 0.1, 1),
    ],
)
@pytest.mark.holds("RF-16")
def test_current_renews_ahead_of_time(lab, call, life, left, asked):
    """In the last tenth, at least a minute before the end, and within the last half of a short life (RF-16)."""
    made = lab(new_tokens(life=life, left=left))
    call(made.engine, "current")
    made.settle()
    assert len(made.pool.asked) == asked


def test_current_with_a_stale_token_does_not_wait(lab, call):
    """The call goes out with the token it has, while its successor is on the way."""
    stale, new = new_tokens(left=100), new_tokens()
    made = lab(stale, new)
    release = made.pool.hold()
    assert call(made.engine, "current") is stale
    release()
    made.settle()
    assert call(made.engine, "current") is new


def test_a_stale_token_starts_one_refresh_for_all_calls(lab):
    """A thousand calls in the meantime ask once."""
    made = lab(new_tokens(left=100))
    release = made.pool.hold()
    for _ in range(1000):
        made.engine.current()
    release()
    made.settle()
    assert len(made.pool.asked) == 1


def test_a_stale_token_is_used_though_the_session_is_closing(lab, call):
    """It was good when it was looked at; a refresh that cannot be started any more is no error of this call."""
    made = lab(tokens := new_tokens(left=100))
    made.pool.background.stop()
    assert (call(made.engine, "current"), made.engine._ahead) == (tokens, False)


@pytest.mark.parametrize(("life", "left"), [(3600, 9), (5, 0.2)])
def test_a_token_about_to_end_is_not_sent(lab, call, life, left):
    """It would not outlive its way to the API (HC-09)."""
    new = new_tokens()
    made = lab(new_tokens(life=life, left=left), new)
    assert call(made.engine, "current") is new


def test_ten_kernels_do_not_ask_at_the_same_moment():
    """The moment is jittered."""
    assert len({new_tokens().early for _ in range(10)}) == 10


def test_current_returns_the_new_tokens(lab, call):
    """What is due is renewed before the call goes out."""
    new = new_tokens()
    made = lab(new_tokens(left=-1), new)
    assert (call(made.engine, "current"), made.source.tokens) == (new, new)


@pytest.mark.refused("RV-06")
def test_current_after_sign_out_asks_nobody(lab, call):
    """The error is local (RV-06)."""
    made = lab()
    made.source.wipe()
    with pytest.raises(NotSignedInError, match="signed out"):
        call(made.engine, "current")
    assert made.pool.asked == []


def test_current_of_all_callers_is_one_request(silent, person):
    """Twenty threads and forty tasks of two event loops that find a dead token share one refresh (RF-03)."""
    person.pool.latency["token"] = 0.1
    source = TokenSource(expired(person.tokens()))
    before = person.asked("token")
    outcomes = together(RefreshEngine(source, person.user_pool, NO_MEMORY), "current")
    assert (len(outcomes), set(map(id, outcomes))) == (60, {id(source.tokens)})
    assert person.asked("token") - before == 1


def test_renew_of_all_callers_is_one_request(silent, person):
    """The same when an API has refused a token that looked good (HC-06)."""
    person.pool.latency["token"] = 0.1
    tokens = person.tokens()
    engine = RefreshEngine(TokenSource(tokens), person.user_pool, NO_MEMORY)
    before = person.asked("token")
    together(engine, "renew", tokens)
    assert person.asked("token") - before == 1


def test_renew_returns_what_somebody_else_has_renewed(lab, call):
    """A caller that comes late with the old tokens gets the new ones, without a request."""
    current = new_tokens()
    made = lab(current)
    assert call(made.engine, "renew", new_tokens()) is current
    assert made.pool.asked == []


def test_renew_replaces_tokens_that_are_good(lab, call):
    """The user may renew at any time."""
    old, new = new_tokens(), new_tokens()
    made = lab(old, new)
    assert call(made.engine, "renew", old) is new


@pytest.mark.accepted("RF-02")
def test_renew_of_a_rotation_sends_the_new_refresh_token_next(lab, call):
    """The old refresh token is forgotten at once (RF-02)."""
    first, second = new_tokens(refresh_token="rotated-1-0123456789"), new_tokens(refresh_token="rotated-2-0123456789")
    made = lab(new_tokens(), first, second)
    call(made.engine, "renew", call(made.engine, "renew", made.source.tokens))
    assert [tokens.refresh_token.reveal()[:9] for tokens in made.pool.asked] == ["a-refresh", "rotated-1"]


@pytest.mark.refused("RF-04")
def test_a_failing_refresh_is_one_for_all_callers(lab):
    """All who wait get the one error; nobody starts another refresh (RF-04)."""
    made = lab(new_tokens(left=-1), TokenResponseError("down"), AssertionError("a second refresh"))
    release = made.pool.hold()
    with concurrent.futures.ThreadPoolExecutor(1) as executor:
        waiting = executor.submit(together, made.engine, "current", threads=10, tasks=10)
        wait_for(lambda: made.pool.asked and _waiters(made.engine) == 30, "all callers", 5)
        release()
        outcomes = waiting.result(5)
    assert {str(outcome) for outcome in outcomes} == {"down"}


@pytest.mark.parametrize("error", [NetworkError("503"), ProtocolError("HTML")], ids=["network", "protocol"])
@pytest.mark.accepted("RF-06", "LF-01")
def test_a_failure_that_passes_is_not_seen_by_those_who_wait(lab, call, error):
    """One 503 from the token endpoint costs a moment, and no error (LF-01)."""
    new = new_tokens()
    made = lab(new_tokens(left=-1), error, error, new)
    assert call(made.engine, "current") is new


@pytest.mark.holds("RF-06")
def test_pauses_are_doubled_jittered_and_end(lab):
    """Each try waits longer than the one before; after about twenty seconds the callers hear of it."""
    made = lab(new_tokens(left=-1), *[NetworkError("down")] * 50)
    with pytest.raises(NetworkError, match="down"):
        made.engine.current()
    bounds = [(0.25 * 2**number, 0.5 * 2**number) for number in range(len(made.pauses))]
    assert all(low <= pause <= high for pause, (low, high) in zip(made.pauses, bounds, strict=True))
    assert (4 <= len(made.pauses) <= 6, sum(made.pauses) <= 20) == (True, True)


@pytest.mark.accepted("RF-07", "LF-02")
def test_what_the_endpoint_asks_to_wait_is_waited(lab, call):
    """Retry-After of a 429 wins over the engine's own pause (RF-07)."""
    made = lab(new_tokens(left=-1), NetworkError("429", status_code=429, retry_after=7.0), new_tokens())
    call(made.engine, "current")
    assert made.pauses == [7.0]


@pytest.mark.refused("RF-07", "LF-02")
def test_a_long_wait_that_the_endpoint_asks_for_is_told_at_once(lab, call):
    """Nobody is held for an hour, and nobody asks again before that hour is over."""
    made = lab(new_tokens(left=-1), NetworkError("429", status_code=429, retry_after=3600.0), new_tokens())
    for _ in range(3):
        with pytest.raises(NetworkError, match="429"):
            call(made.engine, "current")
    assert (len(made.pool.asked), made.pauses) == (1, [])
    made.pauses.append(3601)
    assert call(made.engine, "current") is made.source.tokens


@pytest.mark.holds("RF-06")
def test_a_refresh_ahead_of_time_that_failed_is_not_started_by_every_call(lab):
    """A dead token endpoint and a loop of two hundred calls a second: no storm (RF-06)."""
    made = lab(new_tokens(left=300), *[TokenResponseError("invalid_client", error="invalid_client")] * 2)
    for _ in range(200):
        made.engine.current()
        made.settle()
    assert len(made.pool.asked) == 1
    made.pauses.append(2)
    made.engine.current()
    made.settle()
    assert len(made.pool.asked) == 2


def _waiters(engine):
    flight = engine._flight
    return len(flight._callbacks or ()) - 1 if flight else 0


@pytest.mark.holds("RF-04", "RF-06")
def test_the_next_call_after_a_failure_tries_again(lab, call):
    """A fault that passes does not end the session (RF-06)."""
    new = new_tokens()
    made = lab(new_tokens(left=-1), TokenResponseError("down"), new)
    with pytest.raises(TokenResponseError):
        call(made.engine, "current")
    assert call(made.engine, "current") is new


@pytest.mark.parametrize(
    "error",
    [ConfigurationError("proxy"), TokenResponseError("invalid_client", error="invalid_client")],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.accepted("RF-06")
def test_a_transient_failure_goes_unseen_while_the_token_lives(lab, call, error):
    """Due, but not dead: the call goes out with the token there is, and the session stays (RF-06)."""
    tokens = new_tokens(left=5)  # so late that the call waits for the refresh
    made = lab(tokens, error)
    assert (call(made.engine, "current"), made.source.tokens) == (tokens, tokens)


def test_a_refresh_that_hangs_is_not_waited_for_while_the_token_lives(lab, call):
    """In its last moments a token is used rather than a call held up."""
    tokens = new_tokens(life=10, left=0.4)
    made = lab(tokens)
    release = made.pool.hold()
    assert call(made.engine, "current") is tokens
    release()
    made.settle()


@pytest.mark.refused("RF-06")
def test_a_transient_failure_is_raised_once_the_token_is_dead(lab, call):
    """An expired token is never sent; the refresh token is kept (RF-06)."""
    tokens = new_tokens(left=-1)
    made = lab(tokens, *[NetworkError("down")] * 20)
    with pytest.raises(NetworkError, match="down"):
        call(made.engine, "current")
    assert made.source.tokens is tokens


@pytest.mark.parametrize("form", ["current", "renew"])
@pytest.mark.refused("RF-05")
def test_a_refused_refresh_token_ends_the_session(lab, call, form):
    """The tokens are wiped, though the access token lives on; later calls fail without a request (RF-05)."""
    tokens = new_tokens(left=5)
    made = lab(tokens, SessionExpiredError("invalid_grant", error="invalid_grant"))
    with pytest.raises(SessionExpiredError):
        call(made.engine, form, *([tokens] if form == "renew" else []))
    with pytest.raises(NotSignedInError, match=r"session has ended[^$]*%cognito_login"):
        call(made.engine, "current")
    assert len(made.pool.asked) == 1


@pytest.mark.parametrize(
    "error",
    [SessionExpiredError("invalid_grant"), TokenVerificationError("ID token refused: sub", claim="sub")],
    ids=lambda error: type(error).__name__,
)
def test_a_session_that_ended_in_the_background_says_why_once(lab, call, error):
    """The next call gets the one clear error; those after it are told to sign in."""
    made = lab(new_tokens(left=100), error)
    call(made.engine, "current")
    made.settle()
    with pytest.raises(type(error), match=str(error)):
        call(made.engine, "current")
    with pytest.raises(NotSignedInError, match="session has ended"):
        call(made.engine, "current")


def test_an_answer_for_somebody_else_ends_the_session(lab, call):
    """Refused and wiped (RF-08, RF-09, RF-11)."""
    made = lab(new_tokens(left=5), TokenVerificationError("ID token refused: sub", claim="sub"))
    with pytest.raises(TokenVerificationError):
        call(made.engine, "current")
    assert not made.source.is_alive


@pytest.mark.parametrize("claim", ["iat", "exp", "nbf", "kid"])
def test_a_clock_that_is_behind_ends_no_session(lab, call, claim):
    """A laptop that woke up with a wrong clock keeps its session; while the token lives, nobody sees it."""
    tokens = new_tokens(left=5)
    made = lab(tokens, TokenVerificationError(f"ID token refused: {claim}", claim=claim))
    assert call(made.engine, "current") is tokens
    assert made.source.is_alive


def test_an_error_of_the_settings_is_raised(lab, call):
    """A mistake in the environment is shown; the session stays."""
    made = lab(new_tokens(left=-1), ConfigurationError("proxy"))
    with pytest.raises(ConfigurationError):
        call(made.engine, "current")
    assert made.source.is_alive


@pytest.mark.accepted("TR-15")
def test_without_a_refresh_token_the_token_is_used_to_its_end(lab, call):
    """There is nothing to renew it with (TR-15)."""
    tokens = new_tokens(left=5, refresh_token=None)
    made = lab(tokens)
    assert (call(made.engine, "current"), made.pool.asked) == (tokens, [])


def test_without_a_refresh_token_asking_for_a_refresh_keeps_the_session(lab, call):
    """A token that lives is not thrown away because it cannot be renewed."""
    tokens = new_tokens(refresh_token=None)
    made = lab(tokens, SessionExpiredError("cannot be renewed"))
    with pytest.raises(SessionExpiredError):
        call(made.engine, "renew", tokens)
    assert made.source.tokens is tokens


def test_without_a_refresh_token_the_session_ends_with_the_token(lab, call):
    """A dead token that cannot be renewed is the end."""
    made = lab(new_tokens(left=-1, refresh_token=None), SessionExpiredError("cannot be renewed"))
    with pytest.raises(SessionExpiredError):
        call(made.engine, "current")
    assert not made.source.is_alive


def held(made, method="current", *arguments):
    """Start a call in a thread and wait until its refresh is under way; returns its future and the release."""
    release = made.pool.hold()
    executor = concurrent.futures.ThreadPoolExecutor(1)
    future = executor.submit(getattr(made.engine, method), *arguments)
    executor.shutdown(wait=False)
    wait_for(lambda: made.pool.asked, "the refresh", 5)
    return future, release


@pytest.mark.refused("RV-05")
def test_signing_out_during_a_refresh_drops_its_answer(lab):
    """Still signed out, and whoever waited is told so (RV-05)."""
    made = lab()
    future, release = held(made)
    made.source.wipe()
    release()
    assert isinstance(future.exception(5), NotSignedInError)
    assert not made.source.is_alive


@pytest.mark.refused("RV-05", "RV-06")
def test_signing_out_during_a_refresh_that_fails_sends_no_old_token(lab):
    """The tokens that are due but not dead are not used once the user has signed out (RV-05, RV-06)."""
    made = lab(new_tokens(left=5), NetworkError("down"))
    future, release = held(made)
    made.source.wipe()
    release()
    assert isinstance(future.exception(5), NotSignedInError)


def test_a_refusal_that_comes_after_sign_out_changes_nothing(lab):
    """The user's own sign-out stays the reason that later callers are told."""
    made = lab(new_tokens(left=-1), SessionExpiredError("invalid_grant"))
    future, release = held(made)
    made.source.wipe()
    release()
    future.exception(5)
    with pytest.raises(NotSignedInError, match="You are signed out"):
        made.engine.current()


@pytest.mark.holds("RF-18")
def test_a_refusal_that_comes_after_another_sign_in_ends_only_its_own_session(lab):
    """The tokens of the newer sign-in stay (RF-18)."""
    old, new = new_tokens(left=-1), new_tokens()
    made = lab(old, SessionExpiredError("invalid_grant"))
    future, release = held(made)
    made.source.replace(old, new)
    release()
    future.exception(5)
    assert made.source.tokens is new


@pytest.mark.refused("RF-18")
def test_an_answer_that_comes_after_another_sign_in_is_dropped(lab):
    """The first user's tokens do not take the place of the second's (RF-18)."""
    old, new = new_tokens(left=-1), new_tokens()
    made = lab(old)
    future, release = held(made)
    made.source.replace(old, new)
    release()
    future.exception(5)
    assert made.source.tokens is new


def test_closing_during_a_refresh_tells_the_waiting(lab):
    """No CancelledError that nobody sent reaches the user's code."""
    made = lab()
    future, _ = held(made)
    made.source.wipe()
    made.pool.background.stop()
    assert isinstance(future.exception(5), NotSignedInError)


def test_a_cancelled_waiter_does_not_end_the_refresh_for_others(lab):
    """A task that gives up leaves the others their answer."""
    new = new_tokens()
    made = lab(new_tokens(left=-1), new)
    future, release = held(made)

    async def give_up():
        task = asyncio.create_task(made.engine.acurrent())
        await until(lambda: _waiters(made.engine) == 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(give_up())
    release()
    assert future.result(5) is new


def test_a_refresh_goes_on_though_all_waiters_gave_up(lab):
    """With rotation, an answer that nobody takes would lose the session."""
    new = new_tokens()
    made = lab(new_tokens(left=-1), new)
    release = made.pool.hold()

    async def give_up():
        task = asyncio.create_task(made.engine.acurrent())
        await until(lambda: made.pool.asked)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(give_up())
    release()
    wait_for(lambda: made.source.tokens is new, "the new tokens", 5)


def test_a_failure_that_nobody_waits_for_is_not_reported_as_lost(lab, caplog):
    """Asyncio's 'exception was never retrieved' would print it into the notebook."""
    made = lab(new_tokens(left=-1), NetworkError("down"))
    release = made.pool.hold()

    async def give_up():
        task = asyncio.create_task(made.engine.acurrent())
        await until(lambda: made.pool.asked)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(give_up())
    release()
    wait_for(lambda: made.engine._flight is None, "the end of the refresh", 5)
    made.pool.background.stop()
    assert "never retrieved" not in caplog.text


def test_a_rotated_refresh_token_is_kept_though_the_rest_of_the_answer_fails(lab, call):
    """The old one is dead: without the new one, a key set that cannot be fetched would end the session."""
    made = lab(new_tokens(left=-1), (Secret("rotated-0123456789"), NetworkError("no key set")), new_tokens())
    call(made.engine, "current")
    assert [tokens.refresh_token.reveal() for tokens in made.pool.asked] == [
        "a-refresh-token-0000",
        "rotated-0123456789",
    ]


@pytest.mark.refused("RV-05")
def test_a_rotated_refresh_token_that_comes_after_sign_out_is_dropped(lab):
    """Nothing is put back (RV-05)."""
    made = lab(new_tokens(left=-1), (Secret("rotated-0123456789"), new_tokens()))
    future, release = held(made)
    made.source.wipe()
    release()
    assert isinstance(future.exception(5), NotSignedInError)
    assert not made.source.is_alive


def test_on_refresh_is_called_after_the_new_tokens_are_in_place(lab, call):
    """On a thread of its own, so that it may use the session; what it raises is logged and no more."""
    new = new_tokens()
    made, seen = lab(new_tokens(left=-1), new), []
    made.source.on_refresh += [lambda: 1 / 0, lambda: seen.append(made.engine.current())]
    call(made.engine, "current")
    wait_for(lambda: seen, "the callback", 5)
    assert seen == [new]


def test_on_expired_is_called_when_the_session_ends_by_itself(lab, caplog):
    """Once, also if it ended while nobody waited."""
    made, ended = lab(new_tokens(left=100), SessionExpiredError("invalid_grant")), []
    made.source.on_expired += [lambda: 1 / 0, lambda: ended.append(True)]
    made.engine.current()
    wait_for(lambda: ended, "the callback", 5)
    assert (ended, "a callback of the session failed" in caplog.text) == ([True], True)


def test_on_expired_is_not_called_at_sign_out(lab):
    """Who signs out knows."""
    made, ended = lab(), []
    made.source.on_expired.append(lambda: ended.append(True))
    future, release = held(made)
    made.source.wipe()
    release()
    future.exception(5)
    assert ended == []


@pytest.mark.parametrize(("jump", "asked"), [(7200, 1), (8 * 3600, 1), (-7200, 0)])
@pytest.mark.holds("RF-15")
def test_a_clock_that_jumps_causes_no_storm(lab, jump, asked):
    """Two hours ahead: one refresh; two hours back: none, and the token still ends by monotonic time (RF-15)."""
    made = lab(new_tokens())
    now = time.time()
    made.source.clock = lambda: now + jump
    fresh = new_tokens()
    made.pool.answers.append(replace(fresh, expires_at=now + jump + 3600))
    for _ in range(5):
        made.engine.current()
    assert len(made.pool.asked) == asked


@pytest.mark.holds("RF-15")
@pytest.mark.parametrize("jump", [-7200, 0, 60])
def test_a_clock_that_was_set_keeps_no_dead_token(lab, call, jump):
    """An hour later the token has ended, whatever the wall clock says by now: one refresh, and no negative wait."""
    new = new_tokens()
    made = lab(new_tokens(), new)
    made.source.clock, made.source.monotonic = (lambda: time.time() + jump), (lambda: time.monotonic() + 3601)
    assert call(made.engine, "current") is new
    assert (len(made.pool.asked), made.pauses) == (1, [])


@pytest.mark.holds("LF-08")
@pytest.mark.parametrize("method", ["current", "renew", "renew_refused"])
def test_a_refresh_that_takes_long_blocks_no_event_loop(lab, method):
    """Other tasks of the caller's loop run on, for as long as the token endpoint likes."""
    new = new_tokens()
    made = lab(new_tokens(left=-1), new)
    release = made.pool.hold()
    rescue = threading.Timer(5, release)  # so that a blocked loop fails here
    rescue.start()

    async def main():
        arguments = [] if method == "current" else [made.source.tokens]
        task = asyncio.create_task(getattr(made.engine, f"a{method}")(*arguments))
        await until(lambda: made.pool.asked)
        for _ in range(1000):
            await asyncio.sleep(0)
        was_done = task.done()
        release()
        return was_done, await task

    try:
        assert asyncio.run(main()) == (False, new)
    finally:
        rescue.cancel()


class Day:
    """A virtual day: an engine whose clock a test moves, and a pool of five-minute tokens."""

    def __init__(self, made):
        self.made, self.passed = made, 0.0
        self.source, self.engine = made.source, made.engine
        self.started = time.monotonic(), time.time()
        self.source.monotonic, self.source.clock = (lambda: self.now[0]), (lambda: self.now[1])
        made.pool.refresh = self.refresh
        self.source.replace(self.source.tokens, self.issue())

    @property
    def now(self):
        return tuple(at + self.passed for at in self.started)

    def issue(self):
        monotonic, clock = self.now
        return replace(new_tokens(life=300), deadline=monotonic + 300, expires_at=clock + 300)

    async def refresh(self, tokens, *, keep):
        self.made.pool.asked.append(tokens)
        return self.issue()

    def call(self):
        """Call, and let the refresh that it may have started end before the clock moves on."""
        tokens = self.engine.current()
        while self.engine._ahead or self.engine._flight is not None:
            threading.Event().wait(0.0002)
        return tokens


@pytest.mark.holds("LF-12", "RF-16")
def test_a_day_of_five_minute_tokens_costs_a_refresh_each(lab):
    """A hundred calls a minute for 24 hours: each has a living token, none waits, one per token is asked for."""
    day = Day(lab(new_tokens()))
    waited = []
    day.engine._renewed = lambda: waited.append(True)
    for number in range(24 * 60 * 100):
        day.passed = number * 0.6
        assert day.source.seconds_left(day.call()) > 0
    assert waited == []
    assert 24 * 3600 / 240 - 1 <= len(day.made.pool.asked) <= 24 * 3600 / 225 + 1


@pytest.mark.accepted("RF-17")
def test_an_heir_serves_the_clients_of_a_session_that_has_ended(lab, call):
    """What holds the old engine gets the new session's tokens, over several generations, renewals included."""
    first, second, third = (lab(new_tokens()) for _ in range(3))
    for old, new in ((first, second), (second, third)):
        old.source.wipe("The session has ended.", by_itself=True)
        old.engine.hand_over(new.engine)
        assert first.engine.fresh() is call(first.engine, "current") is new.source.tokens
    tokens = third.source.tokens
    assert first.engine.may_renew(tokens)
    assert call(first.engine, "renew_refused", tokens) is third.source.tokens is not tokens
    assert not first.engine.may_renew(third.source.tokens)
    assert (len(first.pool.asked), len(third.pool.asked)) == (0, 1)


@pytest.mark.holds("RF-16")
def test_a_life_shorter_than_the_margin_causes_no_loop(lab):
    """One refresh per call at most, whatever the answer's life (RF-16)."""
    made = lab(new_tokens(left=-1), new_tokens(life=10, left=0.5))
    made.engine.current()
    made.settle()
    assert len(made.pool.asked) == 1


def test_the_engine_uses_the_transports_own_thread(lab):
    """There is one loop for a session, and one HTTP client."""
    background = object()
    pool = SimpleNamespace(transport=SimpleNamespace(background=background))
    assert RefreshEngine(TokenSource(new_tokens()), pool, NO_MEMORY)._background is background
