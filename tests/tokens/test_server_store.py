"""The store in the Jupyter server's memory: two kernels (stores) of one real server."""

import asyncio
import contextlib
from functools import partial

import pytest
from server.harness import run_server
from tokens.fakes import until

from cognito_nb.config import CognitoConfig
from cognito_nb.errors import ConfigurationError, NetworkError
from cognito_nb.secret import Secret
from cognito_nb.tokens import server_store
from cognito_nb.tokens.access import take_server_access
from cognito_nb.tokens.server_store import ServerStore
from cognito_nb.tokens.store import Kept
from cognito_nb.wire_sessions import KeepRequest

CONFIG = {"issuer": "https://idp.example/pool", "client_id": "client", "remember": "server"}
REFRESH_TOKEN = "r3fresh-0123456789-abcdefghijklmnop"
KEPT = Kept("https://idp.example/pool", "client", "ada-sub", "ada", 1000, ("openid",), Secret(REFRESH_TOKEN))
RENEWED = Kept("https://idp.example/pool", "client", "ada-sub", "ada", 1000, ("openid",), Secret("another-token"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    yield from run_server(tmp_path_factory.mktemp("jupyter"), "--ServerApp.base_url=/base/")


@pytest.fixture
def kernels(server, request, monkeypatch):
    """Run a coroutine function with the stores of two kernels, for a client of its own."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    take_server_access.cache_clear()
    config = CognitoConfig(**CONFIG | {"client_id": request.node.name.partition("[")[0]})

    def run(scenario):
        async def main():
            stores = [ServerStore.of(config), ServerStore.of(config)]
            try:
                async with asyncio.timeout(20):
                    return await scenario(*stores)
            finally:
                for store in stores:
                    await store.aclose()

        return asyncio.run(main())

    yield run
    take_server_access.cache_clear()


async def keep(store, kept):
    turn = await store.take_turn(wait=True)
    await turn.keep(kept)
    await turn.release()


def test_what_one_kernel_keeps_the_next_finds(kernels):
    """It comes with the turn, tokens and all."""

    async def scenario(mine, other):
        await keep(mine, KEPT)
        return (await other.take_turn(wait=False)).kept

    assert kernels(scenario) == KEPT


def test_what_is_kept_can_be_read_while_another_has_the_turn(kernels):
    """Nothing, what is kept, and nothing again after a sign-out."""

    async def scenario(mine, other):
        turn = await mine.take_turn(wait=True)
        before = await other.read()
        await turn.keep(KEPT)
        kept = await other.read()
        await mine.forget()
        return before, kept, await other.read()

    assert kernels(scenario) == (None, KEPT, None)


def test_turn_is_one_kernels(kernels):
    """Another kernel gets none, or waits until it is given back."""

    async def scenario(mine, other):
        turn = await mine.take_turn(wait=True)
        assert await other.take_turn(wait=False) is None
        waiting = asyncio.create_task(other.take_turn(wait=True))
        await until(lambda: other._record.turns)
        assert not waiting.done()
        await turn.keep(KEPT)
        await turn.release()
        return (await waiting).kept

    assert kernels(scenario) == KEPT


def test_two_turns_in_one_kernel_exclude_each_other(kernels):
    """A forced sign-in and a refresh of the same kernel are two, not one."""

    async def scenario(mine, _):
        await mine.take_turn(wait=True)
        return await mine.take_turn(wait=False)

    assert kernels(scenario) is None


def test_cancelled_wait_leaves_no_turn_behind(kernels):
    """An interrupted login cell does not hold up the others."""

    async def scenario(mine, other):
        turn = await mine.take_turn(wait=True)
        waiting = asyncio.create_task(other.take_turn(wait=True))
        await until(lambda: other._record.turns)
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting
        await turn.release()
        return await mine.take_turn(wait=False)

    assert kernels(scenario) is not None


def test_second_release_does_nothing(kernels):
    """It must not end the turn of whoever came next."""

    async def scenario(mine, other):
        turn = await mine.take_turn(wait=True)
        await turn.release()
        await other.take_turn(wait=True)
        await turn.release()
        return await mine.take_turn(wait=False)

    assert kernels(scenario) is None


def test_living_holder_keeps_its_turn(kernels, monkeypatch):
    """A sign-in takes minutes, a lease lasts seconds: it is prolonged."""
    monkeypatch.setattr(server_store, "_LEASE", 0.5)
    monkeypatch.setattr(server_store, "_RENEWAL", 0.05)

    async def scenario(mine, other):
        turn = await mine.take_turn(wait=True)
        late = asyncio.get_running_loop().time() + 1.0
        while asyncio.get_running_loop().time() < late:
            assert await other.take_turn(wait=False) is None
        await turn.keep(KEPT)

    kernels(scenario)


def test_dead_holder_delays_others_by_its_lease_only(kernels, monkeypatch):
    """A kernel that was killed prolongs nothing."""
    monkeypatch.setattr(server_store, "_LEASE", 0.3)

    async def scenario(mine, other):
        turn = await mine.take_turn(wait=True)
        turn._renewal.cancel()
        return await other.take_turn(wait=True)

    assert kernels(scenario) is not None


def test_closing_gives_the_turn_back(kernels):
    """A sign-in that is given up without tidying up does not hold up the others."""

    async def scenario(mine, other):
        await mine.take_turn(wait=True)
        await mine.aclose()
        return await other.take_turn(wait=False)

    assert kernels(scenario) is not None


def test_changed_tells_what_another_kernel_has_kept(kernels):
    """At once, and one after the other."""

    async def scenario(mine, other):
        await keep(mine, KEPT)
        told = [await other.changed()]
        waiting = asyncio.create_task(other.changed())
        await keep(mine, RENEWED)
        return [*told, await waiting]

    assert kernels(scenario) == [KEPT, RENEWED]


def test_changed_does_not_tell_ones_own_writing(kernels):
    """The kernel that renewed a session knows it."""

    async def scenario(mine, other):
        waiting = asyncio.create_task(mine.changed())
        await keep(mine, KEPT)
        await keep(other, RENEWED)
        return await waiting

    assert kernels(scenario) == RENEWED


def test_changed_tells_of_a_sign_out_that_came_before_it_was_asked(kernels):
    """Nothing kept is a change for who has kept something, however early it comes."""

    async def scenario(mine, other):
        await keep(mine, KEPT)
        await other.forget()
        return await mine.changed()

    assert kernels(scenario) is None


def test_changed_waits_as_long_as_nothing_was_kept(kernels):
    """Nothing is no change from nothing: no session ends for it."""

    async def scenario(mine, other):
        waiting = asyncio.create_task(mine.changed())
        turn = await other.take_turn(wait=True)
        await turn.release()
        assert not waiting.done()
        await keep(other, KEPT)
        return await waiting

    assert kernels(scenario) == KEPT


def test_forget_returns_what_was_kept_and_ends_the_turn(kernels):
    """A refresh that began before the sign-out keeps nothing."""

    async def scenario(mine, other):
        await keep(mine, KEPT)
        turn = await mine.take_turn(wait=True)
        assert await other.forget() == KEPT
        with pytest.raises(NetworkError, match="signed out or taken its turn"):
            await turn.keep(RENEWED)
        return (await other.take_turn(wait=False)).kept

    assert kernels(scenario) is None


def test_what_another_version_has_kept_is_refused(kernels):
    """Rather than taken for a sign-out; the turn is given back."""

    async def scenario(mine, other):
        turn = await mine.take_turn(wait=True)
        await mine._record.server.keep(mine._record.key, KeepRequest(turn._holder, Secret('{"v": 2}')))
        await turn.release()
        for ask in (partial(other.take_turn, wait=True), other.changed, other.forget):
            with pytest.raises(ConfigurationError, match="Another version of cognito_nb"):
                await ask()
        return await mine.take_turn(wait=False)

    assert kernels(scenario) is not None


@pytest.mark.parametrize(
    "change",
    [{"issuer": "https://idp.example/other"}, {"client_id": "other"}, {"profile": "p"}, {"resource": "https://api/"}],
)
def test_key_is_bound_to_whose_session_it_is(server, monkeypatch, change):
    """Another issuer, app client, profile or resource finds another record; the key tells none of them."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    take_server_access.cache_clear()
    keys = {ServerStore.of(CognitoConfig(**CONFIG | change))._record.key for change in ({}, {}, change)}
    take_server_access.cache_clear()
    assert len(keys) == 2
    assert all(len(key) == 64 and not set(key) - set("0123456789abcdef") for key in keys)


def test_without_a_jupyter_server_the_setting_is_at_fault():
    """Before a sign-in starts: the error says what to install, and what to set instead."""
    take_server_access.cache_clear()
    config = CognitoConfig(**CONFIG, sources={"remember": "profile dev"})
    with pytest.raises(ConfigurationError, match='set remember to "kernel" or "keyring"') as caught:
        ServerStore.of(config)
    assert (caught.value.setting, "profile dev" in str(caught.value)) == ("remember", True)
