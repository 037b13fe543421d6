"""A plan's calls: each is told when it is done, and whatever ends them, the next run goes on."""

from pathlib import Path

import pytest
from botocore.stub import Stubber

from cognito_nb import aws_api
from cognito_nb.setup.carry_out import carry_out
from cognito_nb.setup.plan import Call, Plan, Step
from cognito_nb.setup.read import There, UserPool

from .conftest import REGION, answered, refusal

POOL = "eu-west-1_AbC123"


@pytest.fixture
def api():
    client = aws_api.user_pools_api(region=REGION)
    with Stubber(client) as stub:
        client.stub = stub
        yield client
        stub.assert_no_pending_responses()
    client.close()


def plan_of(*calls, client=None):
    steps = tuple(Step("+", call.operation, "text", {}, call) for call in calls)
    return Plan(There(UserPool(POOL, REGION)), client or {}, steps, ())


def test_new_client_id_goes_into_later_calls(api, capsys):
    """What AWS calls the new app client is known to the call for its style, and told."""
    names = {"UserPoolId": POOL, "ClientName": "notebooks"}
    style = {"UserPoolId": POOL, "ClientId": None, "UseCognitoProvidedValues": True}
    api.stub.add_response("create_user_pool_client", {"UserPoolClient": {"ClientId": "abc"}}, names)
    api.stub.add_response("create_managed_login_branding", {}, {**style, "ClientId": "abc"})
    plan = plan_of(Call("CreateUserPoolClient", names), Call("CreateManagedLoginBranding", style))
    assert carry_out(api, plan) == "abc"
    assert "notebooks (abc)" in capsys.readouterr().out


def test_known_client_is_not_made_again(api):
    """The style of an app client that was there already."""
    style = {"UserPoolId": POOL, "ClientId": "abc", "UseCognitoProvidedValues": True}
    api.stub.add_response("create_managed_login_branding", {}, style)
    assert carry_out(api, plan_of(Call("CreateManagedLoginBranding", style), client={"ClientId": "abc"})) == "abc"


def test_interrupt_in_the_middle_tells_what_was_done(setup, cognito, pool):
    """Ctrl-C during a call ends with the steps that are done, and the next run goes on."""
    hooks = list(setup.hooks)

    def interrupted(_):
        raise KeyboardInterrupt

    setup.on("CreateUserPoolClient", interrupted)
    assert setup("--yes") == 1
    assert "done: domain" in setup.out
    assert "Stopped during CreateUserPoolClient" in setup.err
    assert not Path("cognito.toml").exists()
    setup.hooks = hooks
    assert setup("--yes") == 0
    assert setup.changing == ["CreateUserPoolClient"]


@pytest.mark.parametrize(
    "answer",
    [
        refusal("LimitExceededException", "too many"),
        refusal("AccessDeniedException"),
        refusal("InternalErrorException", status=500),
        answered(UserPoolClient={}),
        answered(UserPoolClient={"ClientId": "x; touch here"}),
    ],
)
def test_failure_in_the_middle_says_how_to_go_on(setup, pool, answer):
    """Whatever it is: the domain is made, so the next step is to run the command again."""
    setup.on("CreateUserPoolClient", lambda _: answer)
    assert setup("--yes") == 1
    assert "done: domain" in setup.out
    assert "done: app client" not in setup.out
    assert "Run this again" in setup.err
    assert not Path("cognito.toml").exists()


@pytest.mark.parametrize("words", ["Domain already associated with another user pool.", "Die Domain ist vergeben."])
def test_prefix_of_somebody_else_is_taken(setup, pool, words):
    """A prefix of another account shows when it is created: AWS's own words, in whatever language, and the option."""
    setup.on("CreateUserPoolDomain", lambda _: refusal("InvalidParameterException", words))
    assert setup("--yes", "--domain-prefix", "taken") == 1
    assert words in setup.err
    assert "choose another with --domain-prefix" in setup.err


@pytest.mark.parametrize(
    ("operation", "code"),
    [("CreateUserPoolDomain", "LimitExceededException"), ("CreateUserPoolClient", "InvalidParameterException")],
)
def test_other_refusal_is_not_about_the_prefix(setup, pool, operation, code):
    """Too many domains, or an app client's fault, are not mended by another name."""
    setup.on(operation, lambda _: refusal(code, "AWS says why"))
    assert setup("--yes") == 1
    assert "AWS says why" in setup.err
    assert "--domain-prefix" not in setup.err
