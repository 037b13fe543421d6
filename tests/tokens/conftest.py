"""Fixtures of the live tokens: misbehaving servers, a local user pool, and a certificate of its own."""

import datetime as dt
import ipaddress
import logging
import os
import ssl
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tokens.servers import RawServer

from cognito_nb.config import CognitoConfig
from cognito_nb.local_pool import DEMO_PASSWORD, AppClient, LocalUserPool
from cognito_nb.local_pool.keys import PoolKeys
from cognito_nb.protocol.authorize import new_authorization_request, validate_authorization_response
from cognito_nb.secret import Secret
from cognito_nb.tokens import transport as transport_module
from cognito_nb.tokens.transport import Transport
from cognito_nb.tokens.user_pool import discover

REDIRECT_URI = "http://localhost:8888/cognito/callback"


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    """Retry at once, and know no proxy of the developer's."""
    monkeypatch.setattr(transport_module, "_PAUSES", (0.001, 0.001))
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.fixture
def serve():
    """Start raw servers that stop with the test."""
    servers = []

    def start(behave, **options):
        servers.append(RawServer(behave, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def transport():
    """A transport that is closed with the test."""
    transport = Transport()
    yield transport
    transport.close()


@pytest.fixture
def send(transport):
    """Send one request and wait for the answer."""
    return lambda request: transport.background.run(transport.send(request))


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for 127.0.0.1: its file, and the context of a server that shows it."""

    file: str
    server: ssl.SSLContext


@pytest.fixture(scope="session")
def make_certificate(tmp_path_factory):
    """Make self-signed certificates."""

    def make(name):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        now = dt.datetime.now(dt.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(hours=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
            .sign(key, hashes.SHA256())
        )
        folder = tmp_path_factory.mktemp("certificate")
        encoding = serialization.Encoding.PEM
        (folder / "cert.pem").write_bytes(certificate.public_bytes(encoding))
        private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (folder / "key.pem").write_bytes(private)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        return Certificate(str(folder / "cert.pem"), context)

    return make


@pytest.fixture(scope="session")
def certificate(make_certificate):
    return make_certificate("jupyter")


@pytest.fixture(scope="session")
def _pool_keys():
    return PoolKeys.generate()


@pytest.fixture
def make_local_pool(_pool_keys, monkeypatch):
    """Start local user pools of one app client each; they stop with the test."""
    monkeypatch.setattr(PoolKeys, "generate", lambda: _pool_keys)
    pools = []

    def make(**client):
        pools.append(LocalUserPool(clients=[AppClient(**client)]))
        return pools[-1].start()

    yield make
    for pool in pools:
        pool.stop()


class Person:
    """Signs in at a local pool up to the code, over a transport of its own."""

    def __init__(self, pool, transport, **settings):
        self.pool, self.transport = pool, transport
        self.config = CognitoConfig(issuer=pool.issuer, client_id=pool.client_id, **settings)
        self.user_pool = self.run(discover(self.config, transport))

    def run(self, coroutine):
        return self.transport.background.run(coroutine)

    def code(self, username="ada"):
        request = new_authorization_request(
            self.user_pool.metadata, client_id=self.config.client_id, scopes=tuple(self.config.scopes), options={}
        )
        url = f"{request.url.reveal()}&redirect_uri={REDIRECT_URI}"
        answer = dict(parse_qsl(urlsplit(self.pool.sign_in(url, username, DEMO_PASSWORD)).query))
        params = {name: Secret(value) for name, value in answer.items()}
        return validate_authorization_response(request, params, redirect_uri=REDIRECT_URI)

    def tokens(self, username="ada"):
        return self.run(self.user_pool.exchange(self.code(username)))

    def asked(self, endpoint):
        """Return how many requests an endpoint of the pool has had."""
        return sum(request.endpoint == endpoint for request in self.pool.requests)


@pytest.fixture
def make_person(make_local_pool, transport):
    """Make a person at a pool of its own; the options are the app client's, or `settings` of the config."""

    def make(*, settings=None, **client):
        return Person(make_local_pool(**client), transport, **(settings or {}))

    return make


@pytest.fixture
def person(make_person):
    return make_person()


@pytest.fixture
def silent(canary, caplog, capsys):
    """Check, as the test ends, that no secret of a real flow was logged at DEBUG or printed."""
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "authlib", "cognito_nb", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    yield canary
    printed = capsys.readouterr()
    records = "\n".join(f"{record.getMessage()} {record.args} {record.exc_text}" for record in caplog.records)
    canary.assert_silent({"logging": records, "stdout": printed.out, "stderr": printed.err})
