"""An identity pool beside the user pool: it takes ID tokens and hands out credentials of AWS's looks.

The credentials are made up. No AWS service knows them, they open nothing; which role they would stand for is in
`UserPool.assumed_roles`. Identities are derived from the user's ``sub``: the same user has the same one in every run.
Source: "Amazon Cognito Federated Identities" API reference; "Role-based access control" in the developer guide.
Wordings of errors are the service's where somebody has reported them.
"""

from __future__ import annotations

import base64
import secrets
import uuid
from typing import TYPE_CHECKING, Any, ClassVar

import jwt

from .web import JsonHandler, OAuthErrorHandler

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .pool import UserPool

__all__ = ["AUTHENTICATED_ROLE", "IdentityPoolHandler"]

# For users whose groups settle no role. An account of zeros belongs to nobody
AUTHENTICATED_ROLE = "arn:aws:iam::000000000000:role/local-pool-authenticated"

_LIFETIME = 3600
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_INVALID = "Invalid login token. "
_UNSUPPORTED = "Token is not from a supported provider of this identity pool."


class _RefusedError(Exception):
    """An answer with status 400."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind, self.message = kind, message


class IdentityPoolHandler(JsonHandler, OAuthErrorHandler):
    """``POST /`` with ``X-Amz-Target``: ``GetId`` and ``GetCredentialsForIdentity``, neither of them signed."""

    endpoint: ClassVar[str] = "identity"
    media_type = "application/x-amz-json-1.1"

    def set_default_headers(self) -> None:
        """Add what the service's JSON protocol sends."""
        super().set_default_headers()
        self.set_header("x-amzn-RequestId", str(uuid.uuid4()))
        self.set_header("Access-Control-Allow-Origin", "*")

    def post(self) -> None:
        """Answer one operation."""
        operations = {"GetId": _get_id, "GetCredentialsForIdentity": _get_credentials}
        name = self.request.headers.get("X-Amz-Target", "").removeprefix("AWSCognitoIdentityService.")
        operation = operations.get(name, _refuse_operation)
        parameters = self.json_object()
        if parameters is None:
            self.write_oauth_error("SerializationException", "The body is no JSON object.")
            return
        try:
            answer = operation(self.pool, parameters)
        except _RefusedError as refused:
            self.write_oauth_error(refused.kind, refused.message)
            return
        self.write_json(200, answer)

    def write_oauth_error(self, error: str, description: str | None = None) -> None:
        """Finish with an exception of the service's, which takes the place of OAuth's errors here."""
        self.write_json(400, {"__type": error} | ({} if description is None else {"message": description}))


def _refuse_operation(_pool: UserPool, _parameters: Mapping[str, Any]) -> dict[str, Any]:
    raise _RefusedError("UnknownOperationException", "The local pool has GetId and GetCredentialsForIdentity only.")


def _get_id(pool: UserPool, parameters: Mapping[str, Any]) -> dict[str, Any]:
    wanted = _text(parameters, "IdentityPoolId")
    if wanted != pool.identity_pool_id:
        raise _RefusedError("ResourceNotFoundException", f"IdentityPool '{wanted}' not found.")
    claims = _verified_login(pool, parameters)
    if claims is None:
        raise _not_authorized("Unauthenticated access is not supported for this identity pool.")
    return {"IdentityId": _identity_id(pool, claims["sub"])}


def _get_credentials(pool: UserPool, parameters: Mapping[str, Any]) -> dict[str, Any]:
    wanted = _text(parameters, "IdentityId")
    if wanted not in {_identity_id(pool, user.sub) for user in pool.users}:
        raise _RefusedError("ResourceNotFoundException", f"Identity '{wanted}' not found.")
    claims = _verified_login(pool, parameters)
    if claims is None:
        raise _not_authorized(f"Access to Identity '{wanted}' is forbidden.")
    if wanted != _identity_id(pool, claims["sub"]):
        raise _not_authorized(
            "Logins don't match. Please include at least one valid login for this identity or identity pool."
        )
    role = _role(claims, parameters.get("CustomRoleArn"))
    access_key_id = "ASIA" + "".join(secrets.choice(_BASE32) for _ in range(16))
    pool.assumed_roles[access_key_id] = role
    credentials = {
        "AccessKeyId": access_key_id,
        "SecretKey": _base64(30),  # 40 characters
        "SessionToken": _base64(720),
        "Expiration": float(int(pool.clock()) + _LIFETIME),
    }
    return {"IdentityId": wanted, "Credentials": credentials}


def _role(claims: Mapping[str, Any], wanted: object) -> str:
    """Choose the role: the one asked for if the token names it, else the token's preferred one, else the default."""
    if wanted is None:
        return str(claims.get("cognito:preferred_role", AUTHENTICATED_ROLE))
    if wanted not in claims.get("cognito:roles", ()):
        raise _not_authorized(f"Access to Role '{wanted}' is forbidden.")
    return str(wanted)


def _verified_login(pool: UserPool, parameters: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the claims of the ID token among the logins, or ``None`` when there are no logins at all."""
    logins = parameters.get("Logins")
    if not logins:
        return None
    if not isinstance(logins, dict):
        raise _RefusedError("InvalidParameterException", "Logins is not a map.")
    token = logins.get(pool.issuer.partition("://")[2])
    if not isinstance(token, str):
        raise _not_authorized(_UNSUPPORTED)
    try:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        raise _not_authorized(f"{_INVALID}Not a valid OpenId Connect identity token.") from None
    for fault in _faults(pool, token, claims):
        raise _not_authorized(fault)
    return claims


def _faults(pool: UserPool, token: str, claims: Mapping[str, Any]) -> Iterator[str]:
    """Say what is wrong with a token; what follows the first fault takes for granted that there was none."""
    if claims.get("iss") != pool.issuer:
        yield f"{_INVALID}Issuer doesn't match providerName"
    if claims.get("token_use") != "id" or "aud" not in claims:
        yield f"{_INVALID}Missing a required claim: aud"  # said of access tokens too, which may well have one
    if pool.keys.id_token.verify(token, issuer=pool.issuer, now=0) is None:
        yield f"{_INVALID}Couldn't verify signed token."
    now = int(pool.clock())
    if now >= claims["exp"]:
        yield f"{_INVALID}Token expired: {now} >= {claims['exp']}"
    if claims["aud"] not in pool.clients:
        yield _UNSUPPORTED
    if pool.switches.server_side_token_check and pool.is_revoked(claims.get("origin_jti", "")):
        yield f"{_INVALID}Token is revoked."


def _text(parameters: Mapping[str, Any], name: str) -> str:
    value = parameters.get(name)
    if not isinstance(value, str) or not value:
        raise _RefusedError("InvalidParameterException", f"{name} is missing or no text.")
    return value


def _not_authorized(message: str) -> _RefusedError:
    return _RefusedError("NotAuthorizedException", message)


def _identity_id(pool: UserPool, sub: str) -> str:
    region, _, pool_uuid = pool.identity_pool_id.partition(":")
    return f"{region}:{uuid.uuid5(uuid.UUID(pool_uuid), sub)}"


def _base64(size: int) -> str:
    return base64.b64encode(secrets.token_bytes(size)).decode()
