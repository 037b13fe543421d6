"""What a session does with its store: turns, what is kept, and stores that give no answer."""

import asyncio
from dataclasses import replace

import pytest
from tokens.fakes import NO_MEMORY, new_tokens, until

from cognito_nb.config import CognitoConfig
from cognito_nb.errors import ConfigurationError, NetworkError, ProtocolError
from cognito_nb.secret import Secret
from cognito_nb.tokens import memory as memory_module
from cognito_nb.tokens.memory import Memory

CONFIG = CognitoConfig(client_id="client", issuer="https://idp.example/pool")
TOKENS = new_tokens()
KEPT = NO_MEMORY.kept_of(TOKENS)


class FakeStore:
    """A store in this process: `fails` is raised by whatever is asked; `events` are what `changed` tells."""

    name, tells_changes = "a fake", True

    def __init__(self, kept=None, *events):
        self.kept, self.events = kept, list(events)
        self.fails = None
        self.free = asyncio.Event()
        self.free.set()
        self.written, self.turns, self.is_closed = [], 0, False

    async def take_turn(self, *, wait):
        self._answer()
        if not wait and not self.free.is_set():
            return None
        await self.free.wait()
        self.free.clear()
        self.turns += 1
        return FakeTurn(self)

    async def read(self):
        self._answer()
        return self.kept

    async def forget(self):
        self._answer()
        kept, self.kept = self.kept, None
        return kept

    async def changed(self):
        event = self.events.pop(0)
        if isinstance(event, Exception):
            raise event
        return event

    async def aclose(self):
        self.is_closed = True

    def _answer(self):
        if self.fails is not None:
            raise self.fails


class FakeTurn:
    def __init__(self, store):
        self.store, self.kept = store, store.kept

    async def keep(self, kept):
        self.store._answer()
        self.store.kept = kept
        self.store.written.append(kept)

    async def release(self):
        self.store.free.set()
        self.store._answer()


@pytest.fixture
def store():
    return FakeStore()


@pytest.fixture
def memory(store):
    return Memory(store, CONFIG)


def test_turn_keeps_all_of_the_tokens(memory, store):
    """What is kept makes the same session in another kernel; then the next one has its turn."""

    async def refresh():
        async with memory.turn() as turn:
            await turn.keep(TOKENS)

    asyncio.run(refresh())
    assert store.kept == KEPT
    assert store.free.is_set()


def test_turn_keeps_a_rotated_refresh_token_by_itself(memory, store):
    """The rest of what was kept stays: the old refresh token may be dead, the access token lives."""
    store.kept = KEPT

    async def refresh():
        async with memory.turn() as turn:
            await turn.keep_rotated(Secret("rotated-refresh-token"))

    asyncio.run(refresh())
    assert store.written == [replace(KEPT, refresh_token=Secret("rotated-refresh-token"))]


def test_turn_leaves_the_identity_of_a_session_that_has_ended(memory, store):
    """Nobody else takes its place unnoticed; no token is left."""
    store.kept = KEPT

    async def refresh():
        async with memory.turn() as turn:
            await turn.end()

    asyncio.run(refresh())
    assert store.kept == KEPT.identity()
    assert "token-" not in store.kept.to_text().reveal()


def test_turn_ends_with_an_error(memory, store):
    """A refresh that fails gives its turn back."""

    async def refresh():
        with pytest.raises(NetworkError):
            async with memory.turn():
                raise NetworkError("no answer")

    asyncio.run(refresh())
    assert store.free.is_set()


@pytest.mark.parametrize(("change", "known"), [(None, None), (KEPT.identity(), KEPT.identity()), (KEPT, KEPT)])
def test_refresh_does_not_wait_for_a_person_who_signs_in_elsewhere(memory, store, monkeypatch, change, known):
    """What is remembered is looked at without the turn: gone or dead, the session has ended; else it goes on."""
    monkeypatch.setattr(memory_module, "_PATIENCE", 0.01)

    async def refresh():
        async with memory.turn() as turn:
            await turn.keep(TOKENS)
        store.kept = change
        store.free.clear()
        async with asyncio.timeout(5), memory.turn() as turn:
            return turn.is_real, turn.kept, store.free.is_set()

    assert asyncio.run(refresh()) == (True, known, False)


def test_refresh_goes_on_where_there_is_neither_a_turn_nor_a_look(memory, store, monkeypatch):
    """A store that cannot be read just now ends no session."""
    monkeypatch.setattr(memory_module, "_PATIENCE", 0.01)
    memory.was_kept = True
    store.free.clear()

    async def read():
        raise NetworkError("gone")

    store.read = read

    async def refresh():
        async with memory.turn() as turn:
            return turn.is_real

    assert asyncio.run(refresh()) is False


def test_why_a_session_is_not_remembered_is_noted_until_it_is(memory, store):
    """A write that fails is told by whoever shows the session; one that works takes it back."""

    async def keep(error):
        store.fails = None
        async with memory.turn() as turn:
            store.fails = error
            await turn.keep(TOKENS)
            store.fails = None
        return memory.failure

    async def twice():
        return await keep(ConfigurationError("the keyring is full")), await keep(None)

    assert asyncio.run(twice()) == ("the keyring is full", None)


def test_a_sign_in_without_the_turn_is_noted_as_not_remembered(memory, store):
    """Another notebook has it for minutes; nothing was written."""
    store.free.clear()

    async def settle():
        turn = await memory.turn_if_possible(patience=0.01)
        await turn.keep(TOKENS)

    asyncio.run(settle())
    assert memory.failure == "Another notebook is signing in."


@pytest.mark.parametrize("error", [NetworkError("gone"), ConfigurationError("restarted")])
def test_refresh_goes_on_without_a_store_that_fails(memory, store, error):
    """The session lives on in the kernel's own memory: nothing is raised, and nothing looks like a sign-out."""
    store.fails = error

    async def refresh():
        async with memory.turn() as turn:
            await turn.keep(TOKENS)
            return turn.is_real

    assert asyncio.run(refresh()) is False


def test_refresh_goes_on_with_a_store_that_fails_meanwhile(memory, store):
    """Neither what cannot be kept nor what cannot be released is an error."""

    async def refresh():
        async with memory.turn() as turn:
            store.fails = NetworkError("gone")
            await turn.keep(TOKENS)
            await turn.end()

    asyncio.run(refresh())
    assert store.written == []


def test_sign_in_does_not_start_without_its_store(memory, store):
    """The user asked for it: there an error is one."""
    store.fails = ConfigurationError("the keyring is locked", setting="remember")
    with pytest.raises(ConfigurationError, match="locked"):
        asyncio.run(memory.take_turn(wait=False))


def test_turn_of_another_kernel_is_not_waited_for_longer_than_patience(memory, store):
    """A sign-in that is through does not wait for one that may take minutes."""
    store.free.clear()

    async def settle():
        return await memory.turn_if_possible(patience=0.01)

    assert asyncio.run(settle()).is_real is False
    assert store.turns == 0


def test_nothing_kept_is_a_sign_out_only_after_something_was(memory, store):
    """A store that has not taken the session yet does not end it; one that had it does."""

    async def turns():
        async with memory.turn() as turn:
            before = turn.is_real
            await turn.keep(TOKENS)
        await store.forget()
        async with memory.turn() as turn:
            return before, turn.is_real

    assert asyncio.run(turns()) == (False, True)


def test_without_a_store_turns_are_free():
    """``remember = "kernel"``: nobody waits, nothing is kept, nothing is followed."""

    async def both():
        async with NO_MEMORY.turn() as first, NO_MEMORY.turn() as second:
            await first.keep(TOKENS)
            await second.end()
        await NO_MEMORY.follow(None)
        await NO_MEMORY.aclose()
        return first.is_real, second.is_real, NO_MEMORY.has_store, await NO_MEMORY.forget()

    assert asyncio.run(both()) == (False, False, False, None)


def test_follow_tells_each_change_until_the_session_is_forgotten(monkeypatch):
    """A store that gives no answer for a while is asked again."""
    monkeypatch.setattr(memory_module, "_PAUSE", 0)
    heard = []

    async def hear(kept):
        heard.append(kept)

    failures = NetworkError("a hiccup"), ProtocolError("an answer of a proxy")
    store = FakeStore(None, KEPT, *failures, KEPT.identity(), None, KEPT)
    asyncio.run(Memory(store, CONFIG).follow(hear))
    assert heard == [KEPT, KEPT.identity(), None]
    assert store.events == [KEPT]


def test_follow_ends_with_its_server():
    """A server that was started anew knows nothing of this kernel: nothing to follow, and no session ends for it."""
    heard = []
    store = FakeStore(None, ConfigurationError("restart the kernel"), None)
    memory = Memory(store, CONFIG)
    asyncio.run(memory.follow(heard.append))
    assert (heard, memory.failure) == ([], "restart the kernel")


def test_follow_asks_no_store_that_cannot_tell():
    """A keyring tells nobody of changes."""
    store = FakeStore()
    store.tells_changes = False
    asyncio.run(Memory(store, CONFIG).follow(None))


def test_forget_returns_what_there_was(memory, store):
    """For the sign-out, which revokes it; that it failed is told."""
    store.kept = KEPT
    assert asyncio.run(memory.forget()) == KEPT
    store.fails = NetworkError("gone")
    with pytest.raises(NetworkError):
        asyncio.run(memory.forget())


def test_close_closes_the_store(memory, store):
    """Its connections end with the session."""
    asyncio.run(memory.aclose())
    assert store.is_closed


def test_waiting_for_the_turn_can_be_cancelled(memory, store):
    """An interrupt is no TimeoutError, and is not swallowed."""
    store.free.clear()

    async def interrupted():
        waiting = asyncio.create_task(memory.turn_if_possible())
        await until(waiting.get_stack)
        waiting.cancel()
        await waiting

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(interrupted())
