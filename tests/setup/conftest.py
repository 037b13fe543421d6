"""A user pool service of somebody else (moto) on 127.0.0.1, and `jupyter cognito setup` run against it."""

import argparse
import json
import warnings
from urllib.request import Request, urlopen

import boto3
import pytest
from aws_settings import use_test_keys

from cognito_nb import aws_api
from cognito_nb.setup import command, run
from cognito_nb.setup.options import add_arguments

REGION = "eu-west-1"
_ASKING = ("Describe", "List")


@pytest.fixture(scope="session")
def moto_url():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of what moto imports
        from moto.server import ThreadedMotoServer
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def _nothing_of_the_developers_own(monkeypatch, tmp_path):
    """Hide the developer's settings; work in an empty folder."""
    use_test_keys(monkeypatch, tmp_path)
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "none"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


@pytest.fixture
def cognito(moto_url):
    """Amazon's own client, to prepare and to look."""
    urlopen(Request(f"{moto_url}/moto-api/reset", method="POST")).close()
    client = boto3.client("cognito-idp", endpoint_url=moto_url, region_name=REGION)
    yield client
    client.close()


@pytest.fixture
def pool(cognito):
    """The id of a user pool that does not say its plan: it gets classic login pages, and rotation."""
    return cognito.create_user_pool(PoolName="Team")["UserPool"]["Id"]


class Setup:
    """Runs the command, and keeps what it asked of AWS and what it printed."""

    def __init__(self, url, capsys):
        self._url, self._capsys = url, capsys
        self.calls, self.hooks = [], []
        self.out = self.err = ""

    def __call__(self, *arguments):
        parser = argparse.ArgumentParser(prog="jupyter cognito setup")
        add_arguments(parser)
        self.calls.clear()
        self._capsys.readouterr()
        code = run(parser.parse_args(["--endpoint-url", self._url, "--region", REGION, *arguments]))
        self.out, self.err = self._capsys.readouterr()
        return code

    @property
    def changing(self):
        """The operations that were asked for and change something."""
        return [operation for operation, _ in self.calls if not operation.startswith(_ASKING)]

    def parameters(self, operation):
        return next(parameters for name, parameters in self.calls if name == operation)

    def watch(self, api):
        def record(params, model, **_):
            self.calls.append((model.name, dict(params)))

        api.meta.events.register("provide-client-params.cognito-idp", record)
        for event, hook in self.hooks:
            api.meta.events.register(event, hook)
        return api

    def on(self, operation, hook):
        """Answer an operation in AWS's place: `hook` gets its parameters and returns status and answer."""

        def answer(model, params, **_):
            return hook(params)

        self.hooks.append((f"before-call.cognito-idp.{operation}", answer))


@pytest.fixture
def setup(moto_url, capsys, monkeypatch):
    runner = Setup(moto_url, capsys)
    monkeypatch.setattr(command, "user_pools_api", lambda **options: runner.watch(aws_api.user_pools_api(**options)))
    return runner


class Http:
    """What botocore looks at of an HTTP answer that did not come by HTTP."""

    def __init__(self, status_code):
        self.status_code, self.headers = status_code, {}


def refusal(code, message="no", status=400):
    """An error of AWS's, as botocore has parsed it."""
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return Http(status), answer


def answered(**members):
    return Http(200), {"ResponseMetadata": {"HTTPStatusCode": 200}, **members}


@pytest.fixture
def branding(setup):
    """The login styles that moto does not have: client id → parameters."""
    styles = {}

    def described(params):
        client_id = _body(params)["ClientId"]
        if client_id not in styles:
            return refusal("ResourceNotFoundException")
        return answered(ManagedLoginBranding=styles[client_id])

    def created(params):
        styles[_body(params)["ClientId"]] = _body(params)
        return answered(ManagedLoginBranding=_body(params))

    setup.on("DescribeManagedLoginBrandingByClient", described)
    setup.on("CreateManagedLoginBranding", created)
    return styles


def _body(params):
    return json.loads(params["body"])
