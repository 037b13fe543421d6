"""The identity pool, asked by boto3: which identity, which role, and each refusal as botocore's own exception."""

import base64
import logging
import os
import re
from datetime import UTC, datetime

import jwt
import pytest

from cognito_nb.local_pool import AppClient, Group, Switches
from cognito_nb.local_pool.identity_pool import AUTHENTICATED_ROLE

ANALYST = "arn:aws:iam::111122223333:role/analyst"
ADMIN = "arn:aws:iam::111122223333:role/admin"


@pytest.fixture
def identity(pool, monkeypatch, tmp_path):
    """boto3's client of the identity pool; the developer's AWS settings and the metadata service are out of reach."""
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    config = Config(signature_version=UNSIGNED, proxies={}, retries={"total_max_attempts": 1})
    client = boto3.session.Session().client(
        "cognito-identity", endpoint_url=pool.domain, region_name="eu-west-1", config=config
    )
    yield client
    client.close()


def logins(pool, token):
    return {pool.issuer.removeprefix("http://"): token}


@pytest.fixture
def get_id(pool, identity):
    return lambda token: identity.get_id(IdentityPoolId=pool.identity_pool_id, Logins=logins(pool, token))["IdentityId"]


@pytest.fixture
def get_credentials(pool, identity, get_id):
    """Do both steps for a token; return what came with the credentials too."""

    def get(token, **options):
        options = {"IdentityId": get_id(token)} | options
        return identity.get_credentials_for_identity(Logins=logins(pool, token), **options)

    return get


@pytest.fixture
def resign(pool):
    """Sign an ID token anew, with other claims."""

    def resign(token, **changes):
        return pool.keys.id_token.sign(jwt.decode(token, options={"verify_signature": False}) | changes)

    return resign


def refusal(call, *arguments, **options):
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError) as refused:
        call(*arguments, **options)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return type(refused.value).__name__, refused.value.response["Error"]["Message"]


def test_sign_in_becomes_credentials(pool, caller, get_credentials):
    """Ada's ID token is worth credentials of AWS's looks, for one hour of the pool's clock."""
    answer = get_credentials(caller.tokens()["id_token"])
    credentials = answer["Credentials"]
    assert re.fullmatch(r"ASIA[A-Z2-7]{16}", credentials["AccessKeyId"])
    assert re.fullmatch(r"[A-Za-z0-9+/]{40}", credentials["SecretKey"])
    assert len(base64.b64decode(credentials["SessionToken"], validate=True)) > 500
    left = credentials["Expiration"] - datetime.fromtimestamp(pool.clock(), UTC)
    assert 3590 < left.total_seconds() <= 3600


def test_identity_is_the_users(pool, caller, make_pool, get_id):
    """The same user has the same identity at each sign-in, another user another; a pool of the same id agrees."""
    ada, again, grace = (get_id(caller.tokens(name)["id_token"]) for name in ("ada", "ada", "grace"))
    assert ada == again != grace
    assert re.fullmatch(r"eu-west-1:[0-9a-f-]{36}", ada)
    assert make_pool().identity_pool_id == pool.identity_pool_id
    assert make_pool(pool_id="local_Another").identity_pool_id != pool.identity_pool_id


@pytest.mark.parametrize(
    ("claims", "wanted", "role"),
    [
        ({}, {}, AUTHENTICATED_ROLE),
        ({"cognito:roles": [ADMIN, ANALYST]}, {}, AUTHENTICATED_ROLE),
        ({"cognito:roles": [ADMIN, ANALYST], "cognito:preferred_role": ADMIN}, {}, ADMIN),
        ({"cognito:roles": [ADMIN, ANALYST], "cognito:preferred_role": ADMIN}, {"CustomRoleArn": ANALYST}, ANALYST),
    ],
    ids=["no group with a role", "undecided", "preferred", "asked for"],
)
def test_role_comes_from_the_token(pool, caller, get_credentials, resign, claims, wanted, role):
    """The role asked for, else the preferred one, else the identity pool's own."""
    answer = get_credentials(resign(caller.tokens("linus")["id_token"], **claims), **wanted)
    assert pool.assumed_roles == {answer["Credentials"]["AccessKeyId"]: role}


def test_role_is_that_of_the_users_first_group(pool, caller, get_credentials):
    """From the groups of the user pool by the ID token to the role: ada is in both, and admins come first."""
    pool.groups = {"analysts": Group("analysts", ANALYST, 2), "admins": Group("admins", ADMIN, 1)}
    answer = get_credentials(caller.tokens()["id_token"])
    assert pool.assumed_roles == {answer["Credentials"]["AccessKeyId"]: ADMIN}


def test_role_that_the_token_does_not_name_is_refused(pool, caller, get_credentials, resign):
    """Nobody chooses a role that no group of theirs has."""
    token = resign(caller.tokens()["id_token"], **{"cognito:roles": [ANALYST]})
    assert refusal(get_credentials, token, CustomRoleArn=ADMIN)[0] == "NotAuthorizedException"
    assert not pool.assumed_roles


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"iss": "http://127.0.0.1:1/local_Demo12345"}, "Invalid login token. Issuer doesn't match providerName"),
        ({"aud": AppClient().client_id}, "Token is not from a supported provider of this identity pool."),
        ({"token_use": "access"}, "Invalid login token. Missing a required claim: aud"),
    ],
    ids=["issuer", "app client", "use"],
)
def test_token_for_somebody_else_is_refused(caller, get_id, resign, changes, message):
    """Another pool's token, an app client that is not configured, and a token of another use."""
    token = resign(caller.tokens()["id_token"], **changes)
    assert refusal(get_id, token) == ("NotAuthorizedException", message)


def test_access_token_in_place_of_the_id_token_is_refused(caller, get_id):
    """The service misses the audience, and so says nothing of the mix-up."""
    expected = ("NotAuthorizedException", "Invalid login token. Missing a required claim: aud")
    assert refusal(get_id, caller.tokens()["access_token"]) == expected


def test_forged_token_is_refused(pool, caller, get_id):
    """A good ID token's claims under the wrong key."""
    claims = jwt.decode(caller.tokens()["id_token"], options={"verify_signature": False})
    expected = ("NotAuthorizedException", "Invalid login token. Couldn't verify signed token.")
    assert refusal(get_id, pool.keys.access_token.sign(claims)) == expected


def test_text_that_is_no_token_is_refused(get_id):
    """Neither a crash nor the text in the answer."""
    expected = ("NotAuthorizedException", "Invalid login token. Not a valid OpenId Connect identity token.")
    assert refusal(get_id, "garbage") == expected


def test_expired_token_is_refused(caller, get_credentials, advance):
    """By the pool's clock; the message compares now with the expiry."""
    token = caller.tokens()["id_token"]
    expires_at = jwt.decode(token, options={"verify_signature": False})["exp"]
    advance(3600)
    kind, message = refusal(get_credentials, token)
    assert kind == "NotAuthorizedException"
    now, expiry = map(int, re.fullmatch(r"Invalid login token. Token expired: (\d+) >= (\d+)", message).groups())
    assert now >= expiry == expires_at


def test_revoked_sign_in_still_counts(caller, get_id):
    """The service looks at the token only: it is good until it expires."""
    tokens = caller.tokens()
    caller.revoke(token=tokens["refresh_token"])
    assert get_id(tokens["id_token"])


def test_revoked_sign_in_is_refused_with_server_side_token_check(pool, caller, get_id):
    """The identity pool's setting that makes it ask the user pool."""
    pool.switches = Switches(server_side_token_check=True)
    tokens = caller.tokens()
    assert get_id(tokens["id_token"])
    caller.revoke(token=tokens["refresh_token"])
    assert refusal(get_id, tokens["id_token"])[0] == "NotAuthorizedException"


def test_login_under_another_key_is_refused(pool, caller, identity):
    """The key of the map is the issuer without its scheme, nothing else."""
    token = caller.tokens()["id_token"]
    expected = ("NotAuthorizedException", "Token is not from a supported provider of this identity pool.")
    assert refusal(identity.get_id, IdentityPoolId=pool.identity_pool_id, Logins={pool.issuer: token}) == expected


def test_identity_of_another_user_is_refused(caller, get_id, get_credentials):
    """Cached identities do not outlive a change of user."""
    grace = get_id(caller.tokens("grace")["id_token"])
    kind, message = refusal(get_credentials, caller.tokens()["id_token"], IdentityId=grace)
    assert kind == "NotAuthorizedException"
    assert message.startswith("Logins don't match. Please include at least one valid login")


def test_identity_without_login_is_refused(pool, caller, identity, get_id):
    """There are no guests."""
    ada = get_id(caller.tokens()["id_token"])
    assert refusal(identity.get_id, IdentityPoolId=pool.identity_pool_id) == (
        "NotAuthorizedException",
        "Unauthenticated access is not supported for this identity pool.",
    )
    assert refusal(identity.get_credentials_for_identity, IdentityId=ada) == (
        "NotAuthorizedException",
        f"Access to Identity '{ada}' is forbidden.",
    )


def test_unknown_ids_are_not_found(pool, caller, identity):
    """An identity pool of another id, and an identity of no user."""
    token, unknown = caller.tokens()["id_token"], "eu-west-1:00000000-0000-0000-0000-000000000000"
    pool_refusal = refusal(identity.get_id, IdentityPoolId=unknown, Logins=logins(pool, token))
    assert pool_refusal == ("ResourceNotFoundException", f"IdentityPool '{unknown}' not found.")
    identity_refusal = refusal(identity.get_credentials_for_identity, IdentityId=unknown, Logins=logins(pool, token))
    assert identity_refusal == ("ResourceNotFoundException", f"Identity '{unknown}' not found.")


@pytest.mark.parametrize(
    ("target", "body", "kind"),
    [
        ("GetId", "{}", "InvalidParameterException"),
        ("GetId", '{"IdentityPoolId": 1}', "InvalidParameterException"),
        ("GetCredentialsForIdentity", "{}", "InvalidParameterException"),
        ("GetId", "[]", "SerializationException"),
        ("GetId", "{", "SerializationException"),
        ("GetId", "[" * 200_000, "SerializationException"),
        ("DeleteIdentities", "{}", "UnknownOperationException"),
    ],
)
def test_malformed_request_is_refused(pool, web, target, body, kind):
    """What boto3 would not send."""
    headers = {"X-Amz-Target": f"AWSCognitoIdentityService.{target}", "Content-Type": "application/x-amz-json-1.1"}
    response = web.post(f"{pool.domain}/", content=body, headers=headers)
    assert (response.status_code, response.json()["__type"]) == (400, kind)
    assert response.headers["Content-Type"] == "application/x-amz-json-1.1"


def test_logins_that_are_no_map_are_refused(pool, web):
    """Nor are they looked into."""
    headers = {"X-Amz-Target": "AWSCognitoIdentityService.GetId"}
    body = {"IdentityPoolId": pool.identity_pool_id, "Logins": ["token"]}
    response = web.post(f"{pool.domain}/", json=body, headers=headers)
    assert response.json()["__type"] == "InvalidParameterException"


def test_secrets_stay_out_of_log_and_pool(pool, caller, get_credentials, caplog):
    """Neither the secret key nor the session token nor the ID token is kept or logged by the pool."""
    caplog.set_level(logging.DEBUG, logger="cognito_nb")
    token = caller.tokens()["id_token"]
    credentials = get_credentials(token)["Credentials"]
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("cognito_nb"))
    shown = logged + repr(vars(pool))
    assert "POST / 200" in logged
    assert credentials["AccessKeyId"] in shown
    for secret in (credentials["SecretKey"], credentials["SessionToken"], token):
        assert secret not in shown


def test_requests_are_recorded_by_name(pool, caller, get_credentials):
    """As every endpoint's are."""
    get_credentials(caller.tokens()["id_token"])
    assert [request.endpoint for request in pool.requests][-2:] == ["identity", "identity"]
