"""``python -m cognito_nb.local_pool``: run a pool until it is stopped; one line of JSON says where it is.

Exit codes: 0 stopped, 1 a port is taken, 2 wrong arguments or settings.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from contextlib import suppress

from .server import LocalUserPool
from .settings import load_settings


def main(argv: list[str] | None = None) -> int:
    """Run a pool.

    Parameters
    ----------
    argv
        Arguments without the program's name; by default those of the process.

    Returns
    -------
    int
        The exit code.
    """
    options, pool = _parse(argv)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        pool.start()
    except OSError as error:
        sys.stderr.write(f"cannot listen on 127.0.0.1: {error.strerror or error}\n")
        return 1
    with pool:
        _announce(pool)
        if options.until_stdin_closes:
            threading.Thread(target=_wait_for_end_of_stdin, args=(stopped,), daemon=True).start()
        while not stopped.wait(0.2):  # in steps: a wait without end cannot be interrupted on Windows
            pass
    return 0


def _parse(argv: list[str] | None) -> tuple[argparse.Namespace, LocalUserPool]:
    parser = argparse.ArgumentParser(
        prog="python -m cognito_nb.local_pool", description="A local look-alike of Cognito."
    )
    parser.add_argument("--config", metavar="FILE", help="TOML file with users, groups, clients, lifetimes ...")
    parser.add_argument("--port", type=int, help="port of the pool, before the file's; 0 takes any free one")
    parser.add_argument("--api-port", type=int, help="port of the demo API, likewise")
    parser.add_argument("--callback", metavar="URL", action="append", help="callback URL to register; may be repeated")
    parser.add_argument("--logout", metavar="URL", action="append", help="sign-out URL to register; may be repeated")
    parser.add_argument("--until-stdin-closes", action="store_true", help="stop when standard input closes")
    options = parser.parse_args(argv)
    ports = {"port": options.port, "api_port": options.api_port}
    try:
        settings = load_settings(options.config) if options.config else {}
        pool = LocalUserPool(**settings | {name: port for name, port in ports.items() if port is not None})
        for url in options.callback or ():
            pool.register_callback(url)
        for url in options.logout or ():
            pool.register_logout(url)
    except OSError as error:
        parser.error(f"cannot read {options.config}: {error.strerror or error}")
    except ValueError as error:
        parser.error(str(error))
    return options, pool


def _announce(pool: LocalUserPool) -> None:
    users = [{"username": user.username, "password": user.password, "name": user.name} for user in pool.users]
    facts = {
        "issuer": pool.issuer,
        "user_pool_id": pool.user_pool_id,
        "client_id": pool.client_id,
        "users": users,
        "domain": pool.domain,
        "api_url": pool.api_url,
    }
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def _wait_for_end_of_stdin(stopped: threading.Event) -> None:
    # Not sys.stdin.read(): a thread that holds its lock while the interpreter shuts down is a fatal error
    with suppress(OSError):  # it was closed from the start
        while os.read(0, 4096):
            pass
    stopped.set()


if __name__ == "__main__":
    sys.exit(main())
