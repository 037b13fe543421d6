"""What is printed: the plan, API calls, commands of the AWS CLI, a CloudFormation template."""

import json
import re
import shlex
from dataclasses import replace

import pytest
from botocore import xform_name
from botocore.session import Session
from botocore.validate import ParamValidator

from cognito_nb.setup.client import Wanted
from cognito_nb.setup.domain import Domain
from cognito_nb.setup.plan import NEW_CLIENT_ID, make_plan
from cognito_nb.setup.read import There, UserPool
from cognito_nb.setup.show import as_calls, as_cli, as_text
from cognito_nb.setup.template import as_template

POOL = UserPool("eu-west-1_AbC123", "eu-west-1", "Team", "ESSENTIALS")
URLS = tuple(f"http://localhost:{port}/cognito/callback" for port in range(8888, 8893))
WANTED = Wanted("it's $HOME", True, ("openid",), URLS, ("http://localhost:8888/lab",))
MODEL = Session().get_service_model("cognito-idp")
MEMBERS = frozenset(MODEL.operation_model("UpdateUserPoolClient").input_shape.members)
OPERATIONS = {xform_name(name, "-"): name for name in MODEL.operation_names}
CLIENT = {
    "UserPoolId": POOL.id,
    "ClientId": "abc",
    "ClientName": "it's $HOME",
    "ReadAttributes": ["email"],
    "TokenValidityUnits": {"AccessToken": "minutes"},
    "CallbackURLs": ["https://other.example.org/"],
    "LastModifiedDate": "today",
}
NEW = There(POOL, new_domain=Domain("team", "eu-west-1", 2))
EXISTING = There(POOL, domain=Domain("team", "eu-west-1", 2), client=CLIENT, has_secret=True, has_style=True)


def plan(there):
    return make_plan(there, WANTED, MEMBERS)


def test_text_has_a_line_for_each_thing():
    """Signs say what happens; a list of URLs is one line."""
    lines = as_text(plan(NEW), "= profile       dev").splitlines()
    assert lines[0] == "User pool Team (eu-west-1_AbC123, plan ESSENTIALS)"
    assert [line[:13].rstrip() for line in lines if line[:1] in "+~=" and line] == [
        *("+ domain", "+ app client", "+ login style", "= profile"),
    ]
    assert "http://localhost:8888/cognito/callback and 4 more" in "\n".join(lines)


def test_text_says_from_what_to_what():
    """A change shows what comes and what was."""
    there = There(
        POOL, EXISTING.domain, None, {**CLIENT, "EnableTokenRevocation": False}, has_secret=True, has_style=True
    )
    text = as_text(plan(there), "")
    assert re.search(r"~ app client +it's \$HOME \(abc\)", text)
    assert re.search(r"EnableTokenRevocation +no -> yes", text)
    assert re.search(r"CallbackURLs +\+ http://localhost:8888/cognito/callback and 4 more", text)


def test_text_leaves_out_no_address_of_another_machine():
    """Those of this machine are one line; a stranger's, among many, is seen before it gets anybody's codes."""
    wanted = replace(WANTED, callback_urls=(*URLS, "https://hub.example.org/cb", "https://evil.example.net/cb"))
    lines = as_text(make_plan(EXISTING, wanted, MEMBERS), "").splitlines()
    first = next(n for n, line in enumerate(lines) if "CallbackURLs" in line)
    shown = [line.split("CallbackURLs")[-1].strip() for line in lines[first : first + 3]]
    assert shown == [
        "+ http://localhost:8888/cognito/callback and 4 more on this machine",
        *("+ https://hub.example.org/cb", "+ https://evil.example.net/cb"),
    ]


def test_calls_are_readable_json():
    """A dry run names each operation with the parameters that it would have."""
    shown = as_calls(plan(NEW)).split("\n\n")
    assert [call.split(" ", 1)[0] for call in shown] == [
        *("CreateUserPoolDomain", "CreateUserPoolClient", "CreateManagedLoginBranding"),
    ]
    assert json.loads(shown[1].split(" ", 1)[1])["ClientName"] == "it's $HOME"


@pytest.mark.parametrize("there", [NEW, EXISTING], ids=["new", "existing"])
def test_commands_are_what_the_aws_cli_takes(there):
    """A shell reads each command as it is meant, and its JSON is what the operation takes."""
    expected = plan(there).calls
    commands = as_cli(plan(there), aws_profile="my team").split("\n\n")
    assert len(commands) == len(expected)
    for command, call in zip(commands, expected, strict=True):
        inner = re.sub(r'^CLIENT_ID=\$\((.*)\) && echo "\$CLIENT_ID"$', r"\1", command, flags=re.DOTALL)
        words = shlex.split(inner)
        assert words[:2] == ["aws", "cognito-idp"]
        assert OPERATIONS[words[2]] == call.operation
        options = dict(zip(words[3::2], words[4::2], strict=True))
        assert options["--profile"] == "my team"
        sent = json.loads(options["--cli-input-json"])
        if "--client-id" in options:
            sent["ClientId"] = options["--client-id"].replace("$CLIENT_ID", NEW_CLIENT_ID)
        assert sent == dict(call.parameters)
        shape = MODEL.operation_model(call.operation).input_shape
        assert not ParamValidator().validate(sent, shape).has_errors()


@pytest.mark.parametrize("there", [NEW, EXISTING], ids=["new", "existing"])
def test_commands_show_no_secret(there):
    """AWS answers with the whole app client: the commands let its id through only."""
    commands = [command for command in as_cli(plan(there)).split("\n\n") if "user-pool-client" in command]
    assert commands
    assert all("--query UserPoolClient.ClientId" in command for command in commands)


def test_template_of_a_new_client():
    """Domain, app client and style, in that order, each with what its resource takes."""
    made = plan(NEW)
    template = json.loads(as_template(made))
    resources = template["Resources"]
    assert [resource["Type"] for resource in resources.values()] == [
        *("AWS::Cognito::UserPoolDomain", "AWS::Cognito::UserPoolClient", "AWS::Cognito::ManagedLoginBranding"),
    ]
    assert resources["NotebooksClient"]["DependsOn"] == "NotebooksDomain"
    assert resources["NotebooksClient"]["Properties"]["GenerateSecret"] is True
    assert resources["NotebooksLoginStyle"]["Properties"]["ClientId"] == {"Ref": "NotebooksClient"}
    assert NEW_CLIENT_ID not in json.dumps(template)


def test_template_of_an_existing_client_keeps_its_settings():
    """It is made to be imported: all that was set, retained with the stack gone, and no second kind of client."""
    template = json.loads(as_template(plan(EXISTING)))
    client = template["Resources"]["NotebooksClient"]
    assert client["DeletionPolicy"] == "Retain"
    assert client["Properties"]["GenerateSecret"] is True
    assert client["Properties"]["ReadAttributes"] == ["email"]
    assert client["Properties"]["CallbackURLs"] == [*CLIENT["CallbackURLs"], *URLS]
    assert "ClientId" not in client["Properties"]
    assert list(template["Resources"]) == ["NotebooksClient"]
