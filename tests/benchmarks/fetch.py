"""How fast `fetch` is, against plain httpx in the same run: `python tests/benchmarks/fetch.py`.

Prints a table: 2,000 small answers with 64 in flight, each way in turn, several times over; ratios are the medians of
the rounds, as the machine may have other work. Then the memory that 2,000 and 50,000 answers take.
"""

import asyncio
import contextlib
import itertools
import statistics
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import httpx
from table import show
from tokens.fakes import NO_MEMORY, FakePool, new_tokens

from cognito_nb.config import CognitoConfig
from cognito_nb.data import engine
from cognito_nb.data.calls import DataCalls
from cognito_nb.tokens.reach import Reach
from cognito_nb.tokens.refresh import RefreshEngine
from cognito_nb.tokens.source import TokenSource

ANSWERS, IN_FLIGHT, ROUNDS, MANY = 2_000, 64, 7, 50_000


class Calls(DataCalls):
    """A session without a user pool."""

    def __init__(self):
        self.config = CognitoConfig(user_pool_id="eu-west-1_AbC123456", client_id="1h57kf5cpq17m0eml12example")
        self.reach = Reach("ada", frozenset())
        self._engine = RefreshEngine(TokenSource(new_tokens()), FakePool(), NO_MEMORY)


def paths(number):
    return (f"/items/{index}" for index in range(number))


def plain(url, **options):
    """Use httpx alone: a semaphore and a gather, as everybody writes it."""

    async def main():
        turns = asyncio.Semaphore(IN_FLIGHT)
        async with httpx.AsyncClient(base_url=url, headers={"Authorization": "Bearer x"}, **options) as client:

            async def get(path):
                async with turns:
                    return (await client.get(path)).status_code

            return await asyncio.gather(*map(get, paths(ANSWERS)))

    return asyncio.run(main())


def widened(url):
    return plain(url, limits=httpx.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT))


def fetch(url, number=ANSWERS):
    answers = Calls().fetch(paths(number), base_url=url, concurrency=IN_FLIGHT, progress=False)
    return [answer.status_code for answer in answers]


def afetch(url):
    async def main():
        answers = Calls().afetch(paths(ANSWERS), base_url=url, concurrency=IN_FLIGHT, progress=False)
        return [answer.status_code async for answer in answers]

    return asyncio.run(main())


def without_aiohttp(url):
    find_spec, engine.find_spec = engine.find_spec, lambda _: None
    try:
        return fetch(url)
    finally:
        engine.find_spec = find_spec


WAYS = {
    "httpx.AsyncClient, default limits": plain,
    "httpx.AsyncClient, 64 connections kept": widened,
    "fetch": fetch,
    "afetch": afetch,
    "fetch without aiohttp": without_aiohttp,
}
BOUNDS = {"fetch": "8 ×", "afetch": "8 ×"}


def throughput(url):
    """Yield a row for each way."""
    rates = {name: [] for name in WAYS}
    for _, (name, way) in itertools.product(range(ROUNDS), WAYS.items()):
        started = time.perf_counter()
        assert way(url) == [200] * ANSWERS
        rates[name].append(ANSWERS / (time.perf_counter() - started))
    [first, *_] = rates.values()
    for name, rate in rates.items():
        ratio = statistics.median(mine / other for mine, other in zip(rate, first, strict=True))
        yield f"{name}: {statistics.median(rate):,.0f}/s", f"{ratio:.1f} ×", BOUNDS.get(name, "")


def memory(url):
    """Yield the rows of the most memory that was in use at a time, over what was before."""
    fetch(url)  # what is loaded with the first
    peaks = []
    for number in (ANSWERS, MANY):
        tracemalloc.start()
        assert sum(1 for _ in drop(url, number)) == number
        peaks.append(tracemalloc.get_traced_memory()[1] / 1e6)
        tracemalloc.stop()
        yield f"memory of {number:,} answers that are dropped", f"{peaks[-1]:.1f} MB", ""
    yield f"… {MANY:,} over {ANSWERS:,}", f"{peaks[1] / peaks[0]:.2f} ×", "1.1 ×"


def drop(url, number):
    return Calls().fetch(paths(number), base_url=url, concurrency=IN_FLIGHT, progress=False)


@contextlib.contextmanager
def api():
    """Run the API in a process of its own."""
    command = [sys.executable, str(Path(__file__).with_name("serve_json.py"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def main():
    with api() as url:
        show([*throughput(url), *memory(url)])


if __name__ == "__main__":
    main()
