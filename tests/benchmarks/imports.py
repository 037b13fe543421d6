"""What imports cost: the package, %load_ext, and the first %cognito_login of a kernel.

For the last one a real kernel signs in and tells which modules came in by it; fresh processes that hold all that a live
kernel holds then import these, and what any such package needs, in turn.
"""

import contextlib
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

from kernel.conftest import Browser
from kernels import Kernel, start_url_of
from processes import output_of
from server.harness import run_server

from cognito_nb import wire
from cognito_nb.local_pool import LocalUserPool

__all__ = ["first_login", "imports", "modules_of_a_first_login"]

RUNS = 11
BESIDE = ["httpx", "jwt", "anywidget"]
REQUEST = ["httpcore", "anyio._backends._asyncio"]  # what httpx loads with its first asynchronous request
LOAD_EXT = """
import ipykernel.ipkernel, ipykernel.zmqshell, IPython.core.magic_arguments
import cognito_nb, time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
started = time.perf_counter()
cognito_nb.load_ipython_extension(shell)
print(time.perf_counter() - started)
"""
IMPORT = """
import contextlib, importlib, json, sys, time
def load(names):
    for name in names:
        with contextlib.suppress(ImportError, ValueError):
            importlib.import_module(name)
loaded, wanted = json.load(sys.stdin)
load(loaded)
started = time.process_time()
load(wanted)
print(time.process_time() - started)
"""


def imports():
    """Yield the rows of what happens before any sign-in: over what is loaded anyway."""
    seconds = statistics.median(_wall_seconds("import cognito_nb") - _wall_seconds("pass") for _ in range(2 * RUNS))
    yield "import cognito_nb, over bare Python", f"{1000 * seconds:.1f} ms", "10 ms"
    seconds = statistics.median(float(output_of(LOAD_EXT)) for _ in range(RUNS))
    yield "%load_ext cognito_nb, in a kernel", f"{1000 * seconds:.1f} ms", "5 ms"


def first_login():
    """Yield the rows of a first sign-in, in CPU time."""
    loaded, ours = modules_of_a_first_login()
    wanted = {"ours": ours, "beside": BESIDE, "request": BESIDE + REQUEST}
    times = {name: [] for name in wanted}
    for _ in range(RUNS):
        for name, modules in wanted.items():
            times[name].append(float(output_of(IMPORT, given=json.dumps([loaded, modules]))))
    yield "imports of a first login, CPU", f"{1000 * statistics.median(times['ours']):.0f} ms", ""
    for name, what in (("beside", "httpx, jwt, anywidget"), ("request", "these and httpx's first request")):
        ratio = statistics.median(first / other for first, other in zip(times["ours"], times[name], strict=True))
        yield f"… over {what}", f"{ratio:.2f} ×", "1.10 ×" if name == "beside" else ""


def modules_of_a_first_login():
    """Return the modules of a kernel before its first sign-in, and those that came in by it, in order."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        server = stack.enter_context(contextlib.contextmanager(run_server)(Path(folder)))
        pool = stack.enter_context(LocalUserPool())
        pool.register_callback(f"{server.environment[wire.ENV_SERVER_URL]}cognito/callback")
        settings = {"USER_POOL_ID": pool.user_pool_id, "CLIENT_ID": pool.client_id, "ISSUER": pool.issuer}
        own = {f"COGNITO_NB_{name}": value for name, value in settings.items()}
        kernel = Kernel.start(environment={**os.environ, **server.environment, **own}, folder=folder)
        stack.callback(kernel.stop)
        browser = Browser(pool)

        def visit(message):
            if (url := start_url_of(message)) is not None:
                browser.visit(url)

        kernel.run("%load_ext cognito_nb\nimport sys, json\nloaded = list(sys.modules)")
        kernel.run("%cognito_login", on_message=visit)
        assert kernel.value("cognito.user.username") == "'ada'"
        return [
            json.loads(kernel.value(f"print(json.dumps([name for name in {names}]))"))
            for names in ("loaded if name != '__main__'", "sys.modules if name not in loaded")
        ]


def _wall_seconds(code):
    """Return how long a Python process takes, from outside."""
    started = time.perf_counter()
    output_of(code)
    return time.perf_counter() - started
