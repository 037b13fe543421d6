"""From what is there and what is wanted to a plan: what it notes, and what it does not know yet."""

from dataclasses import replace

import pytest

from cognito_nb.setup.client import Wanted
from cognito_nb.setup.domain import Domain
from cognito_nb.setup.plan import make_plan
from cognito_nb.setup.read import There, UserPool

HUB = "https://hub.example.org/hub/user-redirect/cognito/callback"
WANTED = Wanted("notebooks", False, ("openid", "email"), (HUB,), ("https://hub.example.org/hub/home",), (HUB,))
READY = {
    "UserPoolId": "eu-west-1_AbC123",
    "ClientId": "abc",
    "ClientName": "notebooks",
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid", "email"],
    "CallbackURLs": [HUB],
    "LogoutURLs": ["https://hub.example.org/hub/home"],
    "SupportedIdentityProviders": ["COGNITO"],
    "EnableTokenRevocation": True,
    "PreventUserExistenceErrors": "ENABLED",
    "RefreshTokenRotation": {"Feature": "ENABLED"},
}
MEMBERS = frozenset((*READY, "ReadAttributes", "ExplicitAuthFlows"))


def plan(client=None, *, tier="PLUS", wanted=WANTED):
    pool = UserPool("eu-west-1_AbC123", "eu-west-1", "Team", tier)
    return make_plan(There(pool, domain=Domain("team", "eu-west-1", 2), client=client), wanted, MEMBERS)


def test_ready_app_client_has_no_notes():
    """Nothing to say where nothing is amiss."""
    assert plan(READY).notes == ()
    assert [step.sign for step in plan({**READY, "ReadAttributes": ["email", "email_verified"]}).steps][:2] == [
        "=",
        "=",
    ]


def test_id_of_a_new_app_client_is_not_known():
    """Only the call that needs it waits for it."""
    made = plan()
    assert made.client_id is None
    waiting = {call.operation: call.awaits_client_id for call in made.calls}
    assert waiting == {"CreateUserPoolClient": False, "CreateManagedLoginBranding": True}
    assert plan(READY).client_id == "abc"


@pytest.mark.parametrize("client", [None, {**READY, "CallbackURLs": ["https://other.example.org/"]}])
def test_address_that_only_the_file_names_is_pointed_out(client):
    """A cloned repository's file may name anybody's; what AWS has already, somebody has agreed to."""
    made = plan(client)
    assert made.unasked_urls == (HUB,)
    assert f"not from your command line: {HUB}." in made.notes[0]
    assert plan(READY).unasked_urls == ()
    assert plan(client, wanted=replace(WANTED, unasked_urls=())).unasked_urls == ()


def test_attribute_that_is_not_readable_is_pointed_out():
    """Each code would be refused, without a word why: the attribute, and what to do, are named."""
    (note,) = plan({**READY, "ReadAttributes": ["email"]}).notes
    assert "may not read email_verified" in note
    assert "Attribute permissions" in note


@pytest.mark.parametrize("client", [None, {**READY, "RefreshTokenRotation": {"Feature": "DISABLED"}}])
@pytest.mark.parametrize("strict", [False, True])
def test_plan_without_rotation_is_told(client, strict):
    """On LITE nothing promises rotation, and --strict is not named as the way to it."""
    made = plan(client, tier="LITE", wanted=replace(WANTED, unasked_urls=(), strict=strict))
    assert made.notes == ("Refresh tokens are not rotated: this user pool's plan, LITE, does not have that.",)
    assert not any("rotating" in step.text for step in made.steps)
    assert client is None or made.client["RefreshTokenRotation"] == {"Feature": "DISABLED"}
