"""What a signed call costs, and what callers notice of a refresh, in one run: `python tests/benchmarks/calls.py`.

Prints a table. Ratios hold on any machine; microseconds and milliseconds are this machine's. It starts local user pools
and an API on 127.0.0.1, and takes two minutes.

What signing adds is a hundredth of a call, and a busy machine takes more from one call to the next. So the clients are
measured in turn, a difference is that of neighbours, and the table also shows what it comes to between two clients that
do the same: a figure is worth as much as that one is near to nothing.
"""

import asyncio
import contextlib
import dataclasses
import itertools
import statistics
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import httpx
import httpx2
from authlib.integrations.httpx_client import OAuth2Client
from contenders import Ours
from kernel.conftest import config_of
from serve_answers import answering_server
from table import show

from cognito_nb.local_pool import DEMO_PASSWORD, AppClient, Fault, Lifetimes, LocalUserPool

API = "https://api.example.com"
FIXED, CONTROL, OURS = "a fixed header", "no signing, as a check", "cognito_nb"
TURNS, CALLS = 200, 20
WARM = 60  # calls of a turn that do not count: CPython adapts to a client's class within 53 uses of an instruction
THREADS, TASKS = 200, 500
TOKEN_ENDPOINT = 0.2  # seconds that it takes
RATE, SECONDS, AROUND = 200, 20, 1.0  # calls a second, for how long, and what is near a refresh, in seconds


@contextlib.contextmanager
def signed_in(**client):
    """Yield a local pool with one app client, and ada's session at it."""
    with LocalUserPool(clients=[AppClient(**client)]) as pool:
        contender = Ours(config_of(pool))
        contender.finish(pool.sign_in(contender.url, "ada", DEMO_PASSWORD))
        try:
            yield pool, contender.session
        finally:
            contender.close()


def in_turns(clients, call):
    """Measure all clients again and again, each time in another order; returns what `call` took, by client."""
    measured = {name: [] for name in clients}
    orders = itertools.cycle(itertools.permutations(clients))
    for order in itertools.islice(orders, TURNS):
        for name in order:
            for _ in range(WARM):
                clients[name].get("/orders")
            measured[name].append(call(clients[name]))
    return measured


def clients_of(library, session, base_url, *, mocked):
    """Return clients of one library that send the same: with a fixed header, a session's, and Authlib's."""
    token = session.token_source.tokens.access.token.reveal()
    options = {"base_url": base_url}
    if mocked:
        options["transport"] = library.MockTransport(lambda _: library.Response(200, content=b"{}"))
    ours = session.client(**options) if library is httpx else library.Client(auth=session.auth(base_url), **options)
    fixed, control = (library.Client(headers={"Authorization": f"Bearer {token}"}, **options) for _ in range(2))
    clients = {FIXED: fixed, CONTROL: control, OURS: ours}
    if issubclass(OAuth2Client, library.Client):  # Authlib takes httpx2 where that is installed
        held = {"access_token": token, "token_type": "Bearer", "expires_at": time.time() + 3600}
        clients["Authlib"] = OAuth2Client(token=held, **options)
    return clients


def cpu(client):
    """Return the CPU of a call that nothing has come between."""
    return min(durations(client, time.thread_time))


def wall(client):
    """Return what a call takes, as a rule."""
    return statistics.median(durations(client, time.perf_counter))


def durations(client, clock):
    times = [clock()]
    for _ in range(CALLS):
        client.get("/orders")
        times.append(clock())
    return [after - before for before, after in itertools.pairwise(times)]


def signing(library, session, api):
    """Yield what signing adds to a call: CPU without a network, and time over loopback."""
    used = in_turns(clients_of(library, session, API, mocked=True), cpu)
    took = in_turns(clients_of(library, session, api, mocked=False), wall)
    yield f"CPU of a call with {FIXED}, {library.__name__}", f"{1e6 * statistics.median(used[FIXED]):.0f} µs", ""
    for kind in list(used)[1:]:
        added = statistics.median(a - b for a, b in zip(used[kind], used[FIXED], strict=True))
        ratio = statistics.median(a / b for a, b in zip(took[kind], took[FIXED], strict=True))
        bounds = ("3.0 µs", "1.02 ×") if kind == OURS else ("", "")
        yield f"CPU that signing adds to a call, {library.__name__}, {kind}", f"{1e6 * added:.1f} µs", bounds[0]
        yield f"signed call over loopback, {library.__name__}, {kind}", f"{ratio:.3f} ×", bounds[1]


def making_clients(session):
    """Yield what a client costs once there is one."""
    times = []
    for _ in range(50):
        started = time.perf_counter()
        client = session.client(API)
        times.append(time.perf_counter() - started)
        client.close()
    yield "session.client() after the first", f"{1000 * statistics.median(times):.2f} ms", "1 ms"


def expire(session):
    tokens = session.token_source.tokens
    assert session.token_source.replace(tokens, dataclasses.replace(tokens, deadline=time.monotonic() - 1))


def together(session, threads, tasks):
    """Call an API from threads and tasks at once; returns what was raised."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200))
    barrier = threading.Barrier(threads + bool(tasks))

    def attempt(client):
        barrier.wait()
        client.get("/orders").raise_for_status()

    async def all_tasks():
        async with session.async_client(API, transport=transport) as client:
            barrier.wait()
            return await asyncio.gather(*(client.get("/orders") for _ in range(tasks)), return_exceptions=True)

    with session.client(API, transport=transport) as client, ThreadPoolExecutor(threads + 1) as pool:
        attempts = [pool.submit(attempt, client) for _ in range(threads)]
        results = asyncio.run(all_tasks()) if tasks else []
    return [error for error in [*(done.exception() for done in attempts), *results] if isinstance(error, Exception)]


def at_an_expired_token():
    """Yield how many token requests many callers cause that find the token expired, and how many of them fail."""
    for rotation in (False, True):
        with signed_in(rotation=rotation, rotation_grace=0) as (pool, session):
            for threads, tasks in ((THREADS, 0), (0, TASKS), (THREADS, TASKS)):
                expire(session)
                pool.requests.clear()
                pool.fail("token", Fault(delay=TOKEN_ENDPOINT))
                failures = together(session, threads, tasks)
                requests = sum(request.endpoint == "token" for request in pool.requests)
                who = " and ".join(f"{n} {what}" for n, what in ((threads, "threads"), (tasks, "tasks")) if n)
                kind = "rotating" if rotation else "reusable"
                yield f"expired token, {who}, {kind}: requests, failures", f"{requests}, {len(failures)}", "1, 0"


def in_traffic(api):
    """Yield how long calls take around a refresh, beside those of the same run that are far from one."""
    short = Lifetimes(access_token=5, id_token=5)
    renewed, took = [], []
    with signed_in(rotation=True, lifetimes=short) as (pool, session), session.client(api) as client:
        pool.fail("token", Fault(delay=TOKEN_ENDPOINT), times=None)
        session.on_refresh(lambda _: renewed.append(time.perf_counter()))
        client.get("/orders")
        begun = time.perf_counter()
        for number in range(RATE * SECONDS):
            time.sleep(max(0.0, begun + number / RATE - time.perf_counter()))
            started = time.perf_counter()
            client.get("/orders").raise_for_status()
            took.append((started, time.perf_counter() - started))
    near, far = [], []
    for started, seconds in took:
        (near if any(abs(started - moment) <= AROUND for moment in renewed) else far).append(seconds)
    what = f"calls within {AROUND:.0f} s of one of {len(renewed)} refreshes"
    yield f"{what}, p99", f"{1000 * percentile(near, 99):.1f} ms", "10 ms"
    yield f"{what}, slowest", f"{1000 * max(near):.1f} ms", f"{1000 * TOKEN_ENDPOINT:.0f} ms: none waits for it"
    yield "all other calls, p99", f"{1000 * percentile(far, 99):.1f} ms", ""


def percentile(values, share):
    return statistics.quantiles(values, n=100)[share - 1]


def main():
    with answering_server() as api:
        with signed_in() as (_, session):
            rows = [row for library in (httpx, httpx2) for row in signing(library, session, api)]
            rows += making_clients(session)
        show([*rows, *at_an_expired_token(), *in_traffic(api)])


if __name__ == "__main__":
    main()
