"""A local user pool, and the doctor run against it where Jupyter's environments are as they should be."""

import pytest
from server.harness import run_server

import cognito_nb as cn
from cognito_nb.doctor import callbacks, diagnose, environments
from cognito_nb.doctor.case import Case
from cognito_nb.doctor.pythons import Installed
from cognito_nb.doctor.reach import check_user_pool
from cognito_nb.local_pool import AppClient, LocalUserPool
from cognito_nb.tokens.access import take_server_access
from cognito_nb.tokens.transport import Transport

CALLBACK = "http://localhost:8888/cognito/callback"


@pytest.fixture(autouse=True)
def _a_healthy_jupyter(monkeypatch, tmp_path):
    """A terminal on the user's own machine: the extension is enabled, no server runs, no AWS credentials."""
    monkeypatch.setattr(environments, "here", lambda: Installed("/jupyter/bin/python", cn.__version__, 1, enabled=True))
    monkeypatch.setattr(environments, "_python_kernels", lambda: {"python3": {"argv": ["python3"], "env": {}}})
    monkeypatch.setattr(
        environments, "ask", lambda pythons, **_: [Installed(each, cn.__version__, 1) for each, _ in pythons]
    )
    monkeypatch.setattr(callbacks, "_running_servers", list)
    monkeypatch.setattr(callbacks, "extension_is_enabled", lambda: True)
    monkeypatch.setattr(callbacks, "_has_extension", lambda *_: True)
    monkeypatch.setattr(callbacks, "sign_of_elsewhere", lambda: None)
    monkeypatch.setattr("cognito_nb.doctor.app_client.has_credentials", lambda: False)
    monkeypatch.chdir(tmp_path)
    take_server_access.cache_clear()
    yield
    take_server_access.cache_clear()


@pytest.fixture(scope="session")
def jupyter(tmp_path_factory):
    yield from run_server(tmp_path_factory.mktemp("jupyter"))


@pytest.fixture
def transport():
    transport = Transport()
    yield transport
    transport.close()


@pytest.fixture
def start_pool():
    """Start a local pool with one app client of these settings."""
    pools = []

    def start(*, switches=None, pool=None, **client):
        fields = {"callback_urls": [CALLBACK], **client}
        pools.append(LocalUserPool(clients=[AppClient(**fields)], switches=switches, **(pool or {})).start())
        return pools[-1]

    yield start
    for pool in pools:
        pool.stop()


def config_of(pool, **changes):
    fields = {
        "user_pool_id": pool.user_pool_id,
        "issuer": pool.issuer,
        "client_id": pool.client_id,
        "redirect_uris": [CALLBACK],
        **changes,
    }
    return cn.CognitoConfig(**fields)


def examine(pool, **changes):
    """Return all findings for a pool."""
    return list(diagnose(config=config_of(pool, **changes)))


def troubles(findings):
    """Return status and code of what is not as it should be."""
    return [(finding.status, finding.code) for finding in findings if finding.status != "ok"]


def by_id(findings, prefix):
    return [finding for finding in findings if finding.id.startswith(prefix)]


def asked(pool, endpoint):
    """Count the requests to an endpoint."""
    return sum(request.endpoint == endpoint for request in pool.requests)


def found_pool(pool, transport, **changes):
    """Return the case of a terminal whose user pool is found, before it is known what would be tried."""
    case = Case(config_of(pool, **changes), transport, in_kernel=False)
    list(check_user_pool(case))
    return case
