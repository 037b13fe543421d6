"""What is printed: the plan, API calls, commands of the AWS CLI, a CloudFormation template."""

import json
import re
import shlex
from dataclasses import replace

import pytest
from botocore import xform_name
from botocore.session import Session
from botocore.validate import ParamValidator

from cognito_nb.errors import ConfigurationError
from cognito_nb.setup.client import Wanted
from cognito_nb.setup.domain import Domain
from cognito_nb.setup.plan import make_plan
from cognito_nb.setup.read import There, UserPool
from cognito_nb.setup.show import as_calls, as_cli, as_text, keyring_lines
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
    others = ("https://hub.example.org/cb", "https://evil.example.net/cb", "http://localhost:1337/steal")
    lines = as_text(make_plan(EXISTING, replace(WANTED, callback_urls=(*URLS, *others)), MEMBERS), "").splitlines()
    first = next(n for n, line in enumerate(lines) if "CallbackURLs" in line)
    shown = [line.split("CallbackURLs")[-1].strip() for line in lines[first : first + 4]]
    assert shown == [
        "+ http://localhost:8888/cognito/callback and 4 more on this machine",
        *(f"+ {url}" for url in others),
    ]


def test_text_keeps_its_columns_below_the_longest_name():
    """What changes stands in a column of its own, whatever it is called."""
    text = as_text(plan(EXISTING), "")
    assert "AllowedOAuthFlowsUserPoolClient" in text
    assert len({len(found[0]) for found in re.finditer(r"^ {16}[A-Z]\w+ {2,}", text, re.MULTILINE)}) == 1


def test_calls_are_readable_json():
    """A dry run names each operation with the parameters that it would have."""
    shown = as_calls(plan(NEW)).split("\n\n")
    assert [call.split(" ", 1)[0] for call in shown] == [
        *("CreateUserPoolDomain", "CreateUserPoolClient", "CreateManagedLoginBranding"),
    ]
    assert json.loads(shown[1].split(" ", 1)[1])["ClientName"] == "it's $HOME"
    assert json.loads(shown[2].split(" ", 1)[1])["ClientId"] == "(id of the new app client)"


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
            sent["ClientId"] = options["--client-id"]
        assert sent == {name: "$CLIENT_ID" if value is None else value for name, value in call.parameters.items()}
        shape = MODEL.operation_model(call.operation).input_shape
        assert not ParamValidator().validate(sent, shape).has_errors()


@pytest.mark.parametrize("printed", [as_calls, as_cli, as_template])
def test_what_is_to_be_copied_is_ascii(printed):
    """Letters that a terminal may not have, or that drive it, are written as JSON's escapes."""
    wanted = replace(WANTED, name="Zürich\x7f\x9b")
    text = printed(make_plan(NEW, wanted, MEMBERS))
    assert text.isascii()
    assert "\x7f" not in text
    assert "Z\\u00fcrich" in text


def test_secret_is_put_into_the_keyring_by_words_of_a_shell():
    """Typed, or read at the very AWS that this run was about; a shell takes each word as it is meant."""
    lines = keyring_lines(POOL, "abc", aws_profile="my team", endpoint_url="http://localhost:4566/$(x)")
    commands = "\n".join(lines[1:2] + lines[3:]).replace(" \\\n", " ").splitlines()
    stored = ["python", "-m", "keyring", "set", f"cognito_nb client_secret {POOL.id}", "abc"]
    asked = {"--region": POOL.region, "--profile": "my team", "--endpoint-url": "http://localhost:4566/$(x)"}
    asked |= {"--user-pool-id": POOL.id, "--client-id": "abc", "--query": "UserPoolClient.ClientSecret"}
    typed, read = (shlex.split(command) for command in commands)
    assert typed == stored
    assert read[:3] == ["aws", "cognito-idp", "describe-user-pool-client"]
    assert read[read.index("|") + 1 :] == stored
    assert dict(zip(read[3:15:2], read[4:16:2], strict=True)) == asked


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


@pytest.mark.parametrize(("setting", "name"), [("scopes", "AllowedOAuthScopes"), ("callback_urls", "CallbackURLs")])
def test_template_fetches_nothing(setting, name):
    """A file of somebody else's could have CloudFormation put a secret of the account into an address."""
    wanted = replace(WANTED, **{setting: ("https://x.example.org/{{resolve:secretsmanager:prod}}",)})
    with pytest.raises(ConfigurationError, match=f"^{name} of the app client holds {{{{"):
        as_template(make_plan(NEW, wanted, MEMBERS))
