"""`remember = "server"` over real kernels: ten at once, sign-out in one, and kernels that are killed."""

import os
import re
import signal

import pytest
from kernels import error_of, text_of
from lab import wait_for

from cognito_nb.local_pool import AppClient, Fault, LocalUserPool
from cognito_nb.wire import ENV_SERVER_URL

from .conftest import Browser
from .notebooks import CALL, EXPIRE, asked, follow, notebooks, run_all, write_settings


@pytest.fixture
def make_pool(jupyter, tmp_path):
    """Start a pool with one app client, and a cognito.toml that names it; both stop with the test."""
    pools = []

    def make(*, remember="server", **client):
        pools.append(LocalUserPool(clients=[AppClient(**client)]).start())
        pools[-1].register_callback(f"{jupyter.environment[ENV_SERVER_URL]}cognito/callback")
        write_settings(tmp_path, pools[-1], remember=remember)
        return pools[-1], Browser(pools[-1])

    yield make
    for pool in pools:
        pool.stop()


def test_ten_kernels_at_once_cause_one_sign_in_and_one_refresh(jupyter, make_pool, tmp_path):
    """Whatever they do at the same time is done once, though the refresh token rotates without grace."""
    pool, browser = make_pool(rotation=True, rotation_grace=0)
    with notebooks(jupyter, tmp_path, 10) as kernels:
        shown = run_all(kernels, "%cognito_login", on_message=follow(browser))
        assert all("Signed in as Ada Lovelace" in text_of(messages) for messages in shown)
        assert (len(browser.opened), asked(pool, "authorize"), asked(pool, "token")) == (1, 1, 1)

        run_all(kernels, EXPIRE)
        assert [text_of(messages) for messages in run_all(kernels, CALL)] == ["'ada'"] * 10
        assert asked(pool, "token") == 2
    browser.close()


def test_restarted_kernel_is_signed_in_without_a_browser(jupyter, make_pool, tmp_path):
    """Also by a program that nobody attends, and though the tokens have expired meanwhile."""
    pool, browser = make_pool(rotation=True)
    with notebooks(jupyter, tmp_path, 1) as (kernel,):
        kernel.run("%cognito_login", on_message=follow(browser))
    with notebooks(jupyter, tmp_path, 1) as (kernel,):
        messages = kernel.run("%cognito_login", allow_stdin=False)
        assert "Signed in as Ada Lovelace" in text_of(messages)
        assert kernel.value(CALL) == "'ada'"
    assert (asked(pool, "authorize"), asked(pool, "token")) == (1, 1)
    browser.close()


def test_sign_out_in_one_kernel_is_one_in_all(jupyter, make_pool, tmp_path):
    """The others' calls say where it happened, their cards follow, and the tokens are dead at Cognito."""
    pool, browser = make_pool(rotation=True)
    with notebooks(jupyter, tmp_path, 2) as (first, second):
        first.run("%cognito_login", on_message=follow(browser))
        second.run("%cognito_login")
        second.run("%cognito_status\nold = cognito.token_source.tokens")
        first.run("%cognito_logout")
        second.wait_for(lambda message: "signed-out" in str(message["content"]))  # the card
        name, text = error_of(second.run(CALL))
        assert (name, "You signed out in another notebook." in text) == ("NotSignedInError", True)
        assert len(pool._revoked) == 1
        name, text = error_of(second.run("%cognito_login --timeout 0.2"))
        assert name == "SignInTimeoutError"  # nothing was left to take up
    browser.close()


def kill_while_refreshing(kernel, pool):
    """Kill a kernel when the pool has rotated its refresh token and the answer is on its way."""
    process = int(kernel.value("import os; os.getpid()"))
    kernel.run("from cognito_nb.tokens import server_store; server_store._LEASE = 2.0")
    kernel.run(EXPIRE)
    pool.fail("token", Fault(delay=30, after=True))
    kernel.begin(CALL)
    wait_for(lambda: any(token.rotated_out for token in pool._refresh_tokens.values()), "the rotation")
    os.kill(process, signal.SIGKILL)


def test_killed_in_a_refresh_within_grace_nobody_notices(jupyter, make_pool, tmp_path):
    """The other kernel waits for the dead one's lease, and renews with the refresh token that is still good."""
    pool, browser = make_pool(rotation=True, rotation_grace=60)
    with notebooks(jupyter, tmp_path, 2) as (first, second):
        first.run("%cognito_login", on_message=follow(browser))
        second.run("%cognito_login")
        kill_while_refreshing(first, pool)
        second.run(EXPIRE)
        assert second.value(CALL) == "'ada'"
    assert (asked(pool, "authorize"), asked(pool, "token")) == (1, 3)
    browser.close()


def test_killed_in_a_refresh_without_grace_is_one_expired_session(jupyter, make_pool, tmp_path):
    """One clear error; then the user signs in again and goes on."""
    pool, browser = make_pool(rotation=True, rotation_grace=0)
    with notebooks(jupyter, tmp_path, 2) as (first, second):
        first.run("%cognito_login", on_message=follow(browser))
        second.run("%cognito_login")
        kill_while_refreshing(first, pool)
        second.run(EXPIRE)
        assert error_of(second.run(CALL))[0] == "SessionExpiredError"
        assert error_of(second.run(CALL))[0] == "NotSignedInError"
        messages = second.run("%cognito_login", on_message=follow(browser))
        assert "Signed in as Ada Lovelace" in text_of(messages)
        assert second.value(CALL) == "'ada'"
    browser.close()


def test_killed_in_a_refresh_of_a_kernels_own_memory(jupyter, make_pool, tmp_path):
    """With ``remember = "kernel"`` the session dies with its kernel, and the next one signs in as ever."""
    pool, browser = make_pool(remember="kernel", rotation=True)
    with notebooks(jupyter, tmp_path, 1) as (kernel,):
        kernel.run("%cognito_login", on_message=follow(browser))
        kill_while_refreshing(kernel, pool)
    with notebooks(jupyter, tmp_path, 1) as (kernel,):
        kernel.run("%cognito_login", on_message=follow(browser))
        assert kernel.value(CALL) == "'ada'"
    assert asked(pool, "authorize") == 2
    browser.close()


def test_waiting_cell_goes_on_by_itself(jupyter, make_pool, tmp_path):
    """It says what it waits for, can be interrupted, and signs in itself once the other one has given up."""
    _, browser = make_pool()
    with notebooks(jupyter, tmp_path, 2) as (first, second):
        signing_in = first.begin("%cognito_login")
        first.wait_for(lambda message: message["msg_type"] == "display_data")

        waiting = second.begin("%cognito_login")
        second.wait_for(lambda message: "Another notebook is signing in" in str(message["content"].get("data")))
        second.manager.interrupt_kernel()
        name, text = error_of(second.finish(waiting))
        assert (name, "was withdrawn" in text) == ("KeyboardInterrupt", True)

        waiting = second.begin("%cognito_login")
        second.wait_for(lambda message: "Another notebook is signing in" in str(message["content"].get("data")))
        first.manager.interrupt_kernel()
        first.finish(signing_in)
        messages = second.finish(waiting, on_message=follow(browser))
        assert re.search("Signed in as .*Ada Lovelace", text_of(messages))
    browser.close()
