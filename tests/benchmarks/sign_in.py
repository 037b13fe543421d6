"""What a sign-in costs, measured in one run: `python tests/benchmarks/sign_in.py`.

Prints a table. Ratios hold on any machine; milliseconds are this machine's. It starts real Jupyter servers, a kernel
and a local user pool on 127.0.0.1, and takes a minute. What is left once the code has come: `hand_over.py`.
"""

import contextlib
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from callback_rate import callback_rate
from imports import first_login, imports
from kernel.conftest import Browser, config_of
from server.harness import run_server
from table import show

import cognito_nb as cn
from cognito_nb import receivers, wire
from cognito_nb.local_pool import LocalUserPool
from cognito_nb.secret import Secret
from cognito_nb.tokens.access import ServerAccess
from cognito_nb.tokens.jupyter_server import JupyterServer

SIGN_INS = 30


def to_the_kernel(pool):
    """From the browser's callback to a kernel that waits for it."""
    browser = Browser(pool)
    sent, arrived = [], []
    poll = JupyterServer.poll

    async def timed(self, sign_in_id):
        answer = await poll(self, sign_in_id)
        if isinstance(answer, wire.Answered):
            arrived.append(time.perf_counter())
        return answer

    def visit(url):
        callback = pool.sign_in(browser.start(url), "ada", browser.password)
        time.sleep(0.05)  # the keys are fetched while a person types
        sent.append(time.perf_counter())
        browser.come_back(callback)

    JupyterServer.poll = timed
    for _ in range(SIGN_INS):
        cn.login(
            config=config_of(pool),
            force=True,
            timeout=30,
            open_url=lambda url: threading.Thread(target=visit, args=(url,)).start(),
        ).close()
    JupyterServer.poll = poll
    waits = sorted(there - left for left, there in zip(sent, arrived, strict=True))
    yield "callback → blocked kernel, median", f"{1000 * statistics.median(waits):.1f} ms", "5 ms"
    yield "callback → blocked kernel, p90", f"{1000 * waits[int(0.9 * len(waits))]:.1f} ms", ""


def no_op(pool):
    """A login that finds its session."""
    browser = Browser(pool)
    config = config_of(pool)
    session = cn.login(config=config, open_url=browser.open, timeout=30)
    times = []
    for _ in range(100):
        started = time.perf_counter()
        assert cn.login(config=config) is session
        times.append(time.perf_counter() - started)
    browser.close()
    session.close()
    yield "login when signed in", f"{1000 * statistics.median(times):.3f} ms", "50 ms"


def main():
    rows = [*imports(), *first_login()]
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        server = stack.enter_context(contextlib.contextmanager(run_server)(Path(folder)))
        access = ServerAccess(
            server.environment[wire.ENV_SERVER_URL], Secret(server.environment[wire.ENV_SERVER_TOKEN])
        )
        receivers.take_server_access = lambda: access
        pool = stack.enter_context(LocalUserPool())
        pool.register_callback(f"{access.url}cognito/callback")
        rows += [*no_op(pool), *to_the_kernel(pool)]
    show([*rows, *callback_rate()])


if __name__ == "__main__":
    main()
