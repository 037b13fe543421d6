"""What a new app client is, and what becomes of one that exists: plain data in, plain data out."""

import boto3
import pytest

from cognito_nb.errors import ConfigurationError
from cognito_nb.setup.client import Wanted, changes, kept_for_others, new_client, refuse_unfit, updated_client
from cognito_nb.setup.read import update_members

WANTED = Wanted("notebooks", False, ("openid", "email"), ("https://a/cb",), ("https://a/out",))
STRICT = Wanted("notebooks", False, ("openid", "email"), ("https://a/cb",), ("https://a/out",), strict=True)
READY = {
    "ClientName": "notebooks",
    "ClientId": "abc",
    "UserPoolId": "eu-west-1_AbC123",
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthScopes": ["openid", "email"],
    "CallbackURLs": ["https://a/cb"],
    "LogoutURLs": ["https://a/out"],
    "SupportedIdentityProviders": ["Okta"],
    "EnableTokenRevocation": True,
}


@pytest.fixture(scope="module")
def members():
    """What Amazon's own service model says that UpdateUserPoolClient takes."""
    client = boto3.client("cognito-idp", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="y")
    yield update_members(client)
    client.close()


@pytest.mark.parametrize("tier", ["LITE", "PLUS"])
def test_new_client_is_what_the_api_takes(tier):
    """Each parameter has a name and a type that botocore knows."""
    from botocore.session import Session
    from botocore.validate import ParamValidator

    shape = Session().get_service_model("cognito-idp").operation_model("CreateUserPoolClient").input_shape
    report = ParamValidator().validate(new_client("eu-west-1_AbC123", WANTED, tier=tier), shape)
    assert not report.has_errors(), report.generate_report()


def test_update_of_a_ready_client_changes_nothing(members):
    """An app client that has all of it stays as it is: its identity provider, too."""
    assert changes(READY, updated_client(READY, WANTED, members, tier="PLUS")) == {}


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("AllowedOAuthFlows", [], ["code"]),
        ("AllowedOAuthFlows", ["implicit"], ["implicit", "code"]),
        ("AllowedOAuthFlowsUserPoolClient", False, True),
        ("AllowedOAuthScopes", ["phone", "openid"], ["phone", "openid", "email"]),
        ("CallbackURLs", ["https://b/"], ["https://b/", "https://a/cb"]),
        ("LogoutURLs", [], ["https://a/out"]),
        ("SupportedIdentityProviders", [], ["COGNITO"]),
        ("EnableTokenRevocation", False, True),
    ],
)
def test_update_adds_what_is_missing_and_takes_nothing(members, name, before, after):
    """One lack is one change, at the end of what was there."""
    there = {**READY, name: before}
    assert changes(there, updated_client(there, WANTED, members, tier="PLUS")) == {name: (before, after)}


def test_update_keeps_what_others_may_need(members):
    """Rotation, the errors' words and the API's flows are not changed behind anybody's back, but told."""
    there = {**READY, "AllowedOAuthFlows": ["code", "implicit"], "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH"]}
    update = updated_client(there, WANTED, members, tier="PLUS")
    assert changes(there, update) == {}
    assert len(kept_for_others(update, tier="PLUS")) == 3


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, ["ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH"]),
        (["ALLOW_REFRESH_TOKEN_AUTH"], ["ALLOW_USER_SRP_AUTH"]),
        (["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"], ["ALLOW_USER_AUTH"]),
    ],
)
def test_strict_update_takes_away_the_refresh_that_rotation_excludes(members, before, after):
    """ALLOW_REFRESH_TOKEN_AUTH goes; left unset, the flows would have it by default."""
    there = READY if before is None else {**READY, "ExplicitAuthFlows": before}
    update = updated_client(there, STRICT, members, tier="PLUS")
    assert update["ExplicitAuthFlows"] == after
    assert update["RefreshTokenRotation"]["Feature"] == "ENABLED"
    assert kept_for_others(update, tier="PLUS") == []


ROTATING = {"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"], "Rotation": "ENABLED"}
FIXED = {"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"], "Rotation": None}


@pytest.mark.parametrize(
    ("tier", "tokens"), [(None, ROTATING), ("ESSENTIALS", ROTATING), ("PLUS", ROTATING), ("LITE", FIXED)]
)
def test_new_client_rotates_where_the_plan_can(tier, tokens):
    """On LITE, AWS refuses rotation; refresh tokens then stay as they are."""
    client = new_client("eu-west-1_AbC123", WANTED, tier=tier)
    rotation = client.get("RefreshTokenRotation", {}).get("Feature")
    assert {"ExplicitAuthFlows": client["ExplicitAuthFlows"], "Rotation": rotation} == tokens


def test_strict_update_rotates_where_the_plan_can(members):
    """On LITE, --strict leaves tokens and flows alone, and the words do not promise otherwise; the rest it does."""
    there = {**READY, "AllowedOAuthFlows": ["code", "implicit"], "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH"]}
    update = updated_client(there, STRICT, members, tier="LITE")
    assert set(changes(there, update)) == {"AllowedOAuthFlows", "PreventUserExistenceErrors"}
    assert kept_for_others(update, tier="LITE") == []


def test_strict_update_keeps_a_rotation_that_is_on(members):
    """Somebody's own grace period stays."""
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 5}
    update = updated_client({**READY, "RefreshTokenRotation": rotation}, STRICT, members, tier="PLUS")
    assert update["RefreshTokenRotation"] == rotation


def test_update_sends_only_what_the_operation_takes(members):
    """Dates and the secret, which are described but not taken, stay out; so does an empty text."""
    there = {**READY, "ClientSecret": "s", "CreationDate": 1, "LastModifiedDate": 1, "DefaultRedirectURI": ""}
    assert set(updated_client(there, WANTED, members, tier="PLUS")) == set(READY)


@pytest.mark.parametrize(
    ("there", "has_secret", "said"),
    [
        ({}, True, "--with-secret"),
        ({"AllowedOAuthFlows": ["client_credentials"]}, False, "--client-id"),
        ({"CallbackURLs": [f"https://{n}/" for n in range(100)]}, False, "Remove some"),
        ({"AllowedOAuthScopes": [f"my/{n}" for n in range(49)]}, False, "Remove some"),
    ],
)
def test_unfit_client_is_refused(there, has_secret, said):
    """What AWS would not allow is told before it is asked, with the fix."""
    with pytest.raises(ConfigurationError) as refused:
        refuse_unfit({**READY, **there}, WANTED, has_secret=has_secret)
    assert said in refused.value.hint
