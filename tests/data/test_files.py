"""open_url: a file behind an API, for whatever reads files."""

import gzip
import io
import json

import httpx
import pandas as pd
import polars as pl
import pyarrow.csv
import pyarrow.parquet
import pytest
from tokens.fakes import NO_MEMORY, FakePool, new_tokens
from tokens.servers import RawServer

from cognito_nb.data.files import open_url
from cognito_nb.errors import UntrustedOriginError
from cognito_nb.tokens.auth import CognitoAuth
from cognito_nb.tokens.authorization import allowed_origins
from cognito_nb.tokens.refresh import RefreshEngine
from cognito_nb.tokens.source import TokenSource

FRAME = pd.DataFrame({"id": [1, 2, 3], "country": ["DE", "FR", "DE"]})


def parquet():
    file = io.BytesIO()
    FRAME.to_parquet(file)
    return file.getvalue()


FILES = {
    "/orders.csv": FRAME.to_csv(index=False).encode(),
    "/orders.csv.gz": gzip.compress(FRAME.to_csv(index=False).encode()),
    "/orders.json": json.dumps(FRAME.to_dict("records")).encode(),
    "/orders.parquet": parquet(),
}


def answer(status, body=b"", **headers):
    fields = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{fields}\r\n".encode() + body


class Api:
    """A server with files, and one signed-in user who opens them."""

    def __init__(self):
        self.answers = {path: [answer(200, body)] for path, body in FILES.items()}  # by path; the last one stays
        self.server = RawServer(self.behave)
        self.pool = FakePool()
        self.source = TokenSource(new_tokens())

    def behave(self, connection, request):
        given = self.answers[request.split(b" ")[1].decode()]
        connection.sendall(given.pop(0) if len(given) > 1 else given[0])
        return True

    def auth(self, origins=None):
        engine = RefreshEngine(self.source, self.pool, NO_MEMORY)
        return CognitoAuth(engine, allowed_origins(origins or [self.server.url]), "access")

    def open(self, path, *, origins=None):
        return open_url(self.auth(origins), self.server.url + path)

    def close(self):
        self.server.stop()
        self.pool.background.stop()

    @property
    def has_token(self):
        return [b"Authorization: Bearer access-token" in request for request in self.server.requests]


@pytest.fixture
def make_api():
    apis = []

    def make():
        apis.append(Api())
        return apis[-1]

    yield make
    for api in apis:
        api.close()


@pytest.fixture
def api(make_api):
    return make_api()


def test_open_sends_the_token(api):
    """It is the session that reads the file."""
    assert api.open("/orders.csv").read() == FILES["/orders.csv"]
    assert api.has_token == [True]


@pytest.mark.parametrize(
    ("path", "read"),
    [
        ("/orders.csv", pd.read_csv),
        ("/orders.csv.gz", lambda file: pd.read_csv(file, compression="gzip")),
        ("/orders.json", pd.read_json),
        ("/orders.parquet", pd.read_parquet),
        ("/orders.csv", pl.read_csv),
        ("/orders.csv.gz", pl.read_csv),
        ("/orders.json", pl.read_json),
        ("/orders.parquet", pl.read_parquet),
        ("/orders.csv", pyarrow.csv.read_csv),
        ("/orders.parquet", pyarrow.parquet.read_table),
    ],
)
def test_open_gives_a_file_that_data_frames_read(api, path, read):
    """CSV, JSON and Parquet, in pandas, polars and pyarrow."""
    frame = read(api.open(path))
    assert [int(str(value)) for value in frame["id"]] == [1, 2, 3]
    assert [str(value) for value in frame["country"]] == ["DE", "FR", "DE"]


def test_open_refuses_another_origin(api):
    """Before a byte is sent."""
    with pytest.raises(UntrustedOriginError):
        api.open("/orders.csv", origins=["https://api.example.com"])
    assert api.server.requests == []


def test_open_says_that_a_url_is_relative(api):
    """It has no base."""
    with pytest.raises(ValueError, match="'/orders.csv' is relative: give the whole URL"):
        open_url(api.auth(), "/orders.csv")


def test_open_follows_a_redirect_to_a_storage_without_the_token(api, make_api):
    """As to the signed URL of an export."""
    storage = make_api()
    api.answers["/export"] = [answer(302, Location=f"{storage.server.url}/orders.csv")]
    assert api.open("/export").read() == FILES["/orders.csv"]
    assert (api.has_token, storage.has_token) == ([True], [False])


def test_open_renews_after_a_401(api):
    """As each call of a session does."""
    api.answers["/orders.csv"] = [answer(401), answer(200, b"id\n1\n")]
    assert api.open("/orders.csv").read() == b"id\n1\n"
    assert len(api.pool.asked) == 1


def test_open_tells_what_the_api_said(api):
    """An error page is no file: pandas would make columns of it."""
    api.answers["/missing?key=hidden-7"] = [answer(404, b'{"error": "no such export"}')]
    with pytest.raises(httpx.HTTPStatusError, match=r'404 X for .*/missing: {"error": "no such export"}') as caught:
        api.open("/missing?key=hidden-7")
    assert "hidden-7" not in str(caught.value)


def test_open_tells_which_token_a_401_had(api):
    """And which to try."""
    api.answers["/orders.csv"] = [answer(401)]
    with pytest.raises(
        httpx.HTTPStatusError, match='401 Unauthorized .sent: the access token. To try: token="id".*no details'
    ):
        api.open("/orders.csv")


def test_open_reads_no_more_of_an_error_than_it_shows(api):
    """An error without end is not waited for."""
    api.answers["/orders.csv"] = [
        answer(500, b"failed " * 1_000).replace(b"Content-Length: 7000", b"Content-Length: 99999")
    ]
    with pytest.raises(httpx.HTTPStatusError, match="500 X for .*: failed failed"):
        api.open("/orders.csv")


def test_open_gives_no_half_of_a_file(api):
    """A connection that breaks is an error, not a shorter file."""
    api.answers["/orders.csv"] = [answer(200, b"id\n1\n").replace(b"Content-Length: 5", b"Content-Length: 50")]
    api.server.behave = lambda connection, _: connection.sendall(api.answers["/orders.csv"][0])
    with pytest.raises(httpx.RemoteProtocolError):
        api.open("/orders.csv")
