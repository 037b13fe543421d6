"""The pytest plugin, in a project of somebody else's: what its README promises, run as its own test suite."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import cognito_nb.local_pool
from cognito_nb.local_pool import LocalUserPool, load_settings

README = Path(__file__).parents[2] / "README.md"

CONFTEST = """
import pytest

from cognito_nb.local_pool import load_settings

pytest_plugins = ["cognito_nb.local_pool.fixture"]


@pytest.fixture
def pool_file(tmp_path):
    path = tmp_path / "pool.toml"
    path.write_text('[[users]]\\nusername = "mary"\\n')
    return path
"""

TESTS = """
import httpx
import jwt
import pytest

from cognito_nb.local_pool import AppClient, Fault, Lifetimes, load_settings
from cognito_nb.profiles import load_config

keys = set()


def orders(pool, tokens):
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return httpx.get(f"{pool.api_url}/orders", headers=headers, trust_env=False)


def test_api_takes_tokens_of_a_user(cognito_pool):
    assert orders(cognito_pool, cognito_pool.tokens("ada")).status_code == 200


def test_token_expires(cognito_pool):
    tokens = cognito_pool.tokens("ada")
    cognito_pool.advance(3601)
    assert orders(cognito_pool, tokens).status_code == 401


def test_verifier_with_its_own_clock_sees_an_expired_token(cognito_pool):
    cognito_pool.advance(-7200)
    token = cognito_pool.tokens("ada")["access_token"]
    cognito_pool.advance(7200)
    key = jwt.PyJWKClient(f"{cognito_pool.issuer}/.well-known/jwks.json").get_signing_key_from_jwt(token)
    with pytest.raises(jwt.ExpiredSignatureError):
        jwt.decode(token, key, algorithms=["RS256"], issuer=cognito_pool.issuer)


def test_token_endpoint_fails_once(cognito_pool):
    cognito_pool.fail("token", Fault(status=503))
    with pytest.raises(ValueError, match="503"):
        cognito_pool.tokens("ada")
    assert cognito_pool.tokens("ada")


@pytest.mark.parametrize("cognito_pool_options", [{"lifetimes": Lifetimes(access_token=5)}])
def test_options_for_one_test(cognito_pool):
    assert cognito_pool.tokens("ada")["expires_in"] == 5


class TestOptionsOfAClass:
    @pytest.fixture
    def cognito_pool_options(self, pool_file):
        return load_settings(pool_file)

    def test_options_from_a_file(self, cognito_pool):
        assert [user.username for user in cognito_pool.users] == ["mary"]


def test_environment_points_cognito_nb_at_the_pool(cognito_pool, cognito_environment):
    config = load_config()
    assert (config.issuer, config.client_id) == (cognito_pool.issuer, cognito_pool.client_id)
    assert list(config.redirect_uris) == cognito_pool.clients[config.client_id].callback_urls
    assert list(config.api_origins) == [cognito_pool.api_url]
    assert config.logout_uri == cognito_pool.signed_out_url


CONFIDENTIAL = {"clients": [AppClient(client_secret="s3cretOfTheConfidentialClient2026")]}


@pytest.mark.parametrize("cognito_pool_options", [CONFIDENTIAL])
def test_environment_has_the_secret_of_a_client(cognito_pool, cognito_environment):
    assert load_config().secret.reveal() == "s3cretOfTheConfidentialClient2026"


def test_environment_of_a_profile(cognito_pool, monkeypatch):
    for name, value in cognito_pool.environment(profile="pre-prod").items():
        monkeypatch.setenv(name, value)
    assert load_config("pre-prod").issuer == cognito_pool.issuer


@pytest.mark.parametrize("turn", [1, 2])
def test_state_is_fresh_and_keys_are_shared(cognito_pool, turn):
    assert not cognito_pool.requests
    keys.add(cognito_pool.keys)
    assert len(keys) == 1
"""
NAMES = re.findall(r"def (test_\w+)", TESTS)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run the project's tests, with every warning an error."""
    return run_project(tmp_path_factory.mktemp("project"), CONFTEST, TESTS)


def run_project(project, conftest, tests):
    (project / "conftest.py").write_text(conftest, "utf-8")
    (project / "test_project.py").write_text(tests, "utf-8")
    command = [sys.executable, "-m", "pytest", "-rA", "-W", "error", "-p", "no:cacheprovider", "--rootdir", project]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COGNITO_NB_", "PYTEST_"))}
    return subprocess.run(
        [*command, project], capture_output=True, text=True, timeout=60, check=False, cwd=project, env=kept
    )


@pytest.mark.parametrize("name", NAMES)
def test_project_passes(run, name):
    """A test that a user of the plugin would write, and that is named by what it shows, passes."""
    assert re.search(rf"^PASSED .*::{name}\b", run.stdout, re.MULTILINE), run.stdout + run.stderr


def test_project_ends_without_complaint(run):
    """Neither a warning nor an error besides the tests."""
    assert run.returncode == 0, run.stdout + run.stderr


def test_examples_of_the_readme_pass(tmp_path):
    """Word for word."""
    section = README.read_text("utf-8").partition("## A user pool for your tests")[2]
    conftest, tests = re.findall(r"```python\n(.*?)```", section, re.DOTALL)[:2]
    run = run_project(tmp_path, conftest, tests)
    assert (run.returncode, len(re.findall("^PASSED", run.stdout, re.MULTILINE))) == (0, 3), run.stdout + run.stderr


def test_examples_of_the_package_describe_the_same_pool(tmp_path):
    """The one in Python runs, and the file says what it says."""
    texts = re.findall(r"::\n\n(.*?)\n(?=\S|$)", cognito_nb.local_pool.__doc__, re.DOTALL)
    script, file = map(textwrap.dedent, texts)
    named = {}
    exec(script, named)
    (tmp_path / "pool.toml").write_text(file, "utf-8")
    settings = load_settings(tmp_path / "pool.toml")
    assert (settings["port"], settings["resource_servers"]) == (9800, [named["orders"]])
    assert settings["clients"] == [named["web"], named["machine"]]
    assert settings["users"][0].attributes == named["mary"].attributes
    with LocalUserPool(**settings | {"port": 0}) as pool:
        assert pool.tokens("mary", scopes=["openid", "orders/read"])


def test_plugin_loads_nothing_heavy_until_it_is_used():
    """Whoever has it in `pytest_plugins` does not pay for it in other runs."""
    script = "import cognito_nb.local_pool.fixture, sys; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"authlib", "tornado", "cryptography", "jwt", "httpx"} & set(run.stdout.split())
