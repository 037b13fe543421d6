import pytest
from server.harness import run_server


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One server for all tests that leave it as it was."""
    yield from run_server(tmp_path_factory.mktemp("server"), "--ServerApp.port=0", "--ServerApp.base_url=/lab-1/")
