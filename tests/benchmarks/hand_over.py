"""From the code to verified tokens, over a far line: `python tests/benchmarks/hand_over.py`.

Prints a table of ratios to one round trip, which hold on any machine: over HTTP and TLS, for a user who is back in a
second and for one who takes a minute (httpx alone closes a connection that was idle for 5 seconds), beside what a
notebook would use otherwise. It takes a minute and a half.
"""

import contextlib
import os
import ssl
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import certifi
import trustme
from contenders import CONTENDERS, Ours
from far import FarPool
from kernel.conftest import config_of
from table import show

from cognito_nb.local_pool import DEMO_PASSWORD

ROUND_TRIP = 0.1  # seconds
QUICK, SLOW = 5, 3  # sign-ins of each contender


def trusted_certificate(folder):
    """Return a server's TLS context that this process trusts, beside the authorities of everybody."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    bundle = folder / "authorities.pem"
    bundle.write_text(certifi.contents())
    authority.cert_pem.write_to_path(bundle, append=True)
    os.environ["SSL_CERT_FILE"] = str(bundle)  # OpenSSL, truststore and httpx read it
    return context


def finish(contender, pool):
    """Sign in as the user does, and hand the code over; returns the round trips to verified tokens, and requests."""
    callback = pool.sign_in(contender.url, "ada", DEMO_PASSWORD)
    pool.requests.clear()
    started = time.perf_counter()
    claims = contender.finish(callback)
    seconds = time.perf_counter() - started
    assert claims["email"].startswith("ada")
    contender.close()
    return seconds / ROUND_TRIP, sum(request.endpoint in ("token", "jwks", "discovery") for request in pool.requests)


def measure(pools):
    """Measure all in turn; the ones that wait for a slow user wait while the quick users sign in."""
    configs = {over: config_of(pool) for over, pool in pools.items()}
    places = [(over, kind) for over in pools for kind in CONTENDERS]
    waiting = [(over, kind(configs[over])) for over, kind in places for _ in range(SLOW)]
    since = time.monotonic()
    quick = {place: [] for place in places}
    for _ in range(QUICK):
        for over, kind in places:
            quick[over, kind].append(finish(kind(configs[over]), pools[over]))
    pause = time.monotonic() - since
    slow = {place: [] for place in places}
    for over, contender in waiting:
        slow[over, type(contender)].append(finish(contender, pools[over]))
    return quick, slow, pause


def rows(quick, slow, pause):
    for over, kind in quick:
        for seen, how in ((quick, ""), (slow, f" after {pause:.0f} s")):
            ratio = statistics.median(ratio for ratio, _ in seen[over, kind])
            yield f"code → tokens over {over}{how}, {kind.name}", f"{ratio:.2f} ×", "1.10 ×" if kind is Ours else ""
    for kind in CONTENDERS:
        requests = max(
            requests for seen in (quick, slow) for (_, k), runs in seen.items() if k is kind for _, requests in runs
        )
        yield f"requests after the code, {kind.name}", f"{requests}", "1" if kind is Ours else ""


def main():
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        context = trusted_certificate(Path(folder))
        pools = {
            over: stack.enter_context(FarPool(ssl_context=tls).at_a_distance(ROUND_TRIP))
            for over, tls in (("HTTP", None), ("TLS", context))
        }
        show(list(rows(*measure(pools))))


if __name__ == "__main__":
    main()
