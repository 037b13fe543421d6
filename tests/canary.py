"""The canary: every secret that a test makes is collected, and then searched for where none may be.

It collects what the opaque `Secret` type hides in this process, what a local user pool in this process is sent and
sends, and what a test's browser sends to a server in another process. A secret is searched for as it is, URL-encoded,
and in base64.

It runs over the whole suite: as a test ends, its logs at DEBUG, its output, its warnings, the messages of our errors,
the files in its `tmp_path`, and what the servers and kernels of its fixtures logged and said are searched. A test that
shows a secret on purpose is marked ``@pytest.mark.shows_secrets("why")``; a module of such tests is in `SHOWING`.
"""

import base64
import http.client
import json
import logging
import re
import traceback
import warnings
from pathlib import Path
from urllib.parse import parse_qs, quote

import pytest
from tornado.web import RequestHandler

import cognito_nb
from cognito_nb.errors import CognitoError
from cognito_nb.secret import Secret

PACKAGE = Path(cognito_nb.__file__).parent
# By folder or module: the loggers and folders that are not searched there, and why.
SHOWING = {
    "tests/local_pool": ({"httpx", "httpcore", "botocore"}, "they play the browser, whose address bar their log shows"),
    "tests/kernel/test_keyring.py": ({"keyring"}, "the operating system's, which holds the refresh token"),
    "tests/test_cli.py": ({"site-packages"}, "other people's, with example tokens"),
}
_NAMES = ("code", "state", "nonce", "code_verifier", "code_challenge", "refresh_token", "token", "client_secret")
_JWT = re.compile(rb"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}")
_LEAST = 8  # shorter values ("abc", "id") stand everywhere by chance
_RANDOM = re.compile(r"\d|[A-Za-z_-]{24}")  # what no words are: an error code travels beside the code
_ADDRESS = re.compile(r"https?://[^?]*")  # an issuer is compared like a secret, and is none
_LARGEST = 5_000_000  # bytes of a file that are searched


class Canary:
    """A collection of secrets, by what each is."""

    def __init__(self):
        self.secrets = {}

    def plant(self, value, name="planted"):
        """Remember a secret."""
        if isinstance(value, str) and len(value) >= _LEAST:
            self.secrets.setdefault(value, name)

    def collect(self, value, name):
        """Remember what may be a secret: neither words nor an address."""
        if isinstance(value, str) and _RANDOM.search(value) and not _ADDRESS.fullmatch(value):
            self.plant(value, name)

    def leaks_in(self, text):
        """Return the names of the secrets that a text holds; anything that looks like a JWT counts."""
        data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
        found = {name for value, name in self.secrets.items() if any(form in data for form in _forms(value))}
        return sorted(found | ({"a JWT"} if _JWT.search(data) else set()))

    def leaks(self, places):
        """Return by place which secrets it holds."""
        return {place: found for place, text in places.items() if text and (found := self.leaks_in(text))}

    def assert_silent(self, places):
        """Fail if one of the places, by name, holds a secret; the canary must have collected some."""
        assert self.secrets, "the canary has collected nothing: the test proves nothing"
        leaks = self.leaks(places)
        assert not leaks, f"secrets leaked: {leaks}"

    def watch(self, monkeypatch):
        """Collect from now on."""
        remember, prepare = Secret.__init__, RequestHandler.prepare
        write, redirect = RequestHandler.write, RequestHandler.redirect
        put_request = http.client.HTTPConnection.putrequest

        def on_secret(secret, value):
            remember(secret, value)
            self.collect(value, "a Secret")

        def on_request(handler):
            self._collect_all({name: handler.get_arguments(name) for name in _NAMES})
            self.collect(handler.request.headers.get("Authorization", "").partition(" ")[2], "Authorization")
            return prepare(handler)

        def on_answer(handler, chunk):
            if isinstance(chunk, dict):
                self._collect_all({name: [value] for name, value in chunk.items() if name.endswith("_token")})
            return write(handler, chunk)

        def on_redirect(handler, url, *arguments, **keywords):
            self._collect_query(url)
            return redirect(handler, url, *arguments, **keywords)

        def on_visit(connection, method, url, *arguments, **keywords):
            self._collect_query(url)
            return put_request(connection, method, url, *arguments, **keywords)

        monkeypatch.setattr(Secret, "__init__", on_secret)
        monkeypatch.setattr(RequestHandler, "prepare", on_request)
        monkeypatch.setattr(RequestHandler, "write", on_answer)
        monkeypatch.setattr(RequestHandler, "redirect", on_redirect)
        monkeypatch.setattr(http.client.HTTPConnection, "putrequest", on_visit)

    def _collect_query(self, url):
        query = parse_qs(url.partition("?")[2])
        self._collect_all({name: values for name, values in query.items() if name in _NAMES})

    def _collect_all(self, found):
        for name, values in found.items():
            for value in values:
                self.collect(value, name)


def _forms(value):
    raw = value.encode("utf-8", "surrogatepass")
    yield raw
    yield quote(raw, safe="").encode()
    # Base64 hides a text's edges: its middle third is the same whatever stands before it.
    for shift in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            form = encode(b"\0" * shift + raw)[4:-4]
            if len(form) >= _LEAST:
                yield form


class Heard(logging.Handler):
    """All that the running test has said: installed once, emptied before each test."""

    def __init__(self, canary):
        super().__init__(logging.DEBUG)
        self.canary = canary
        self.records, self.texts, self.ends = [], [], {}

    def emit(self, record):
        self.records.append(record)

    def forget(self):
        self.canary.secrets.clear()
        self.records.clear()
        self.texts.clear()

    def watch(self, monkeypatch):
        """Hear from now on our errors, warnings, and the output that a test reads itself."""
        self.canary.watch(monkeypatch)
        fail, warn = CognitoError.__init__, warnings.WarningMessage.__init__
        read, caught = pytest.CaptureFixture.readouterr, pytest.ExceptionInfo.fill_unfilled

        def on_error(error, message, **keywords):
            fail(error, message, **keywords)
            self.texts.append(f"{message} {keywords}")

        def on_warning(warning, message, *arguments, **keywords):
            warn(warning, message, *arguments, **keywords)
            self.texts.append(str(message))

        def on_read(fixture):
            output = read(fixture)
            self.texts += output
            return output

        def on_caught(info, raised):
            caught(info, raised)
            if self.canary.secrets and isinstance(raised[1], CognitoError):
                self.texts += held_by(raised[1])

        monkeypatch.setattr(CognitoError, "__init__", on_error)
        monkeypatch.setattr(warnings.WarningMessage, "__init__", on_warning)
        monkeypatch.setattr(pytest.CaptureFixture, "readouterr", on_read)
        monkeypatch.setattr(pytest.ExceptionInfo, "fill_unfilled", on_caught)

    def places(self, item, unsearched):
        """Return all that is searched after a test, by what it is."""
        yield "errors and output that was read", "\n".join(map(_text, self.texts))
        yield "output", "\n".join(text for _, kind, text in item._report_sections if kind in {"stdout", "stderr"})
        yield (
            "log",
            "\n".join(
                f"{record.getMessage()} {record.args} {record.exc_text}"
                for record in self.records
                if record.name.partition(".")[0] not in unsearched
            ),
        )
        for name, value in (item.funcargs or {}).items():
            if name == "tmp_path":
                files = (path for path in value.rglob("*") if unsearched.isdisjoint(path.parts))
                yield from ((str(path), _head(path)) for path in files)
            elif isinstance(path := getattr(value, "log_file", None), Path):
                yield f"the log of {name}", self._new_part_of(path)
            elif isinstance(messages := getattr(value, "__dict__", {}).get("messages"), list):
                yield f"the messages of {name}", json.dumps(messages, default=str)

    def _new_part_of(self, path):
        with path.open("rb") as log:
            log.seek(self.ends.get(path, 0))
            part = log.read()
            self.ends[path] = log.tell()
        return part


def held_by(error):
    """Return what `%xmode Verbose` and a debugger show of an error: the variables of our frames, by their repr."""
    while error is not None:
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if Path(frame.f_code.co_filename).is_relative_to(PACKAGE):
                yield from (f"{frame.f_code.co_qualname}: {value!r}" for value in frame.f_locals.values())
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _text(said):
    return said if isinstance(said, str) else said.decode("utf-8", "replace")


def _head(path):
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except OSError:  # a folder, a socket, or closed on purpose
        return b""


_HEARD = pytest.StashKey()


def pytest_configure(config):
    config.addinivalue_line("markers", "shows_secrets(why): the canary does not search after this test")
    config.stash[_HEARD] = Heard(Canary())


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session):
    """Watch as long as tests run, with all loggers at DEBUG."""
    heard = session.config.stash[_HEARD]
    root = logging.getLogger()
    level = root.level
    with pytest.MonkeyPatch.context() as monkeypatch:
        heard.watch(monkeypatch)
        root.addHandler(heard)
        root.setLevel(logging.DEBUG)
        try:
            return (yield)
        finally:
            root.setLevel(level)
            root.removeHandler(heard)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item):
    item.config.stash[_HEARD].forget()
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item):
    """Search once all is torn down; around everything else, so that the last output is there."""
    result = yield
    heard = item.config.stash[_HEARD]
    if heard.canary.secrets and not item.get_closest_marker("shows_secrets"):
        unsearched = set().union(*(names for path, (names, _) in SHOWING.items() if item.nodeid.startswith(path)))
        leaks = heard.canary.leaks(dict(heard.places(item, unsearched)))
        assert not leaks, f"the canary found secrets: {leaks}"
    return result


@pytest.fixture
def canary(pytestconfig):
    """Every secret that the test makes, as far as it has run."""
    return pytestconfig.stash[_HEARD].canary
