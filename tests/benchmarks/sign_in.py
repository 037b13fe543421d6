"""What a sign-in costs, measured in one run: `python tests/benchmarks/sign_in.py`.

Prints a table. Ratios hold on any machine; milliseconds are this machine's. It starts a real Jupyter server and a local
user pool on 127.0.0.1.
"""

import contextlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from kernel.conftest import Browser, config_of
from server.harness import run_server

import cognito_nb as cn
from cognito_nb import receivers, wire
from cognito_nb.local_pool import LocalUserPool
from cognito_nb.secret import Secret
from cognito_nb.tokens.access import ServerAccess
from cognito_nb.tokens.jupyter_server import JupyterServer

SIGN_INS = 30
LATENCY = 0.1  # seconds that the token endpoint takes


def python(code, runs=15):
    """Return the median wall time of a Python process, in milliseconds."""
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times)


def imports():
    """Import and %load_ext, over what is loaded anyway."""
    bare = python("pass")
    yield "import cognito_nb, over bare Python", f"{python('import cognito_nb') - bare:.1f} ms", "10 ms"
    ipython = "import ipykernel.ipkernel, ipykernel.zmqshell, IPython.core.magic_arguments\n"
    load = (
        "import cognito_nb, time\nfrom IPython.core.interactiveshell import InteractiveShell\n"
        "import IPython.core.magic_arguments\nshell = InteractiveShell.instance()\nstarted = time.perf_counter()\n"
        "cognito_nb.load_ipython_extension(shell)\nprint(1000 * (time.perf_counter() - started))"
    )
    times = [
        float(subprocess.run([sys.executable, "-c", ipython + load], check=True, capture_output=True, text=True).stdout)
        for _ in range(7)
    ]
    yield "%load_ext cognito_nb, in a kernel", f"{statistics.median(times):.1f} ms", "5 ms"


def hand_over(pool, server):
    """From the browser's callback to a kernel that waits, and on to a verified session."""
    browser = Browser(pool)
    arrived = []
    poll = JupyterServer.poll

    async def timed(self, sign_in_id):
        answer = await poll(self, sign_in_id)
        if isinstance(answer, wire.Answered):
            arrived.append(time.perf_counter())
        return answer

    JupyterServer.poll = timed
    waits, sessions, requests = [], [], []
    for _ in range(SIGN_INS):
        sent = []

        def visit(url, sent=sent):
            callback = pool.sign_in(browser.start(url), "ada", browser.password)
            time.sleep(0.05)  # the keys are fetched while a person types
            pool.requests.clear()
            sent.append(time.perf_counter())
            browser.come_back(callback)

        session = cn.login(
            config=config_of(pool),
            force=True,
            timeout=30,
            open_url=lambda url: threading.Thread(target=visit, args=(url,)).start(),
        )
        sessions.append(time.perf_counter() - arrived[-1])
        waits.append(arrived[-1] - sent[0])
        requests.append(sum(request.endpoint in ("token", "jwks", "discovery") for request in pool.requests))
        session.close()
    JupyterServer.poll = poll
    waits.sort()
    yield "callback → blocked kernel, median", f"{1000 * statistics.median(waits):.1f} ms", "5 ms"
    yield "callback → blocked kernel, p90", f"{1000 * waits[int(0.9 * len(waits))]:.1f} ms", ""
    yield "requests to Cognito after the code", f"{max(requests)}", "1"
    ratio = statistics.median(sessions) / LATENCY
    yield f"code → verified session, over one round trip of {1000 * LATENCY:.0f} ms", f"{ratio:.2f} ×", "ideal 1.00 ×"


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
    rows = list(imports())
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        server = stack.enter_context(contextlib.contextmanager(run_server)(Path(folder)))
        access = ServerAccess(
            server.environment[wire.ENV_SERVER_URL], Secret(server.environment[wire.ENV_SERVER_TOKEN])
        )
        receivers.take_server_access = lambda: access
        pool = stack.enter_context(LocalUserPool())
        pool.register_callback(f"{access.url}cognito/callback")
        rows += no_op(pool)
        pool.latency = {"token": LATENCY}
        rows += hand_over(pool, server)
    width = max(len(name) for name, *_ in rows)
    print(f"{'what':<{width}}  {'measured':>10}  bound")
    for name, measured, bound in rows:
        print(f"{name:<{width}}  {measured:>10}  {bound}")


if __name__ == "__main__":
    main()
