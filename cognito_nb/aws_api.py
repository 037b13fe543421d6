"""AWS's API for user pools: a client of it, and its errors as ours. boto3 (the extra ``aws``) is loaded when used.

Operations have the API's own names (``DescribeUserPool``), which are those of the IAM actions, too. No error holds a
key: botocore's exceptions are left behind before ours is raised.
"""

from __future__ import annotations

import importlib.util
import os
from typing import TYPE_CHECKING, Any

from ._version import __version__
from .errors import CognitoError, ConfigurationError, NetworkError, public_text

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

__all__ = ["ApiError", "NotFoundError", "call", "has_credentials", "user_pools_api"]

_CONNECT, _READ, _ATTEMPTS = 5.0, 20.0, 4  # seconds, seconds, requests
_ASKS_THE_NETWORK = ("container-role", "iam-role")  # botocore's names of providers that send a request to find out
_CONTAINER = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")

_DENIED = {"AccessDenied", "AccessDeniedException", "NotAuthorizedException", "UnauthorizedOperation"}
_NOT_ACCEPTED = {
    *("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"),
    *("InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignature", "RequestExpired"),
    *("MissingAuthenticationToken", "MissingAuthenticationTokenException", "AuthFailure", "OptInRequired"),
}
_THROTTLED = {"TooManyRequestsException", "Throttling", "ThrottlingException", "RequestLimitExceeded"}
_SIGN_IN = "Sign in to AWS again (aws sso login, aws configure), or name another profile in AWS_PROFILE."


class ApiError(ConfigurationError):
    """AWS refused an operation.

    Attributes
    ----------
    code : str
        The error code, such as ``InvalidParameterException``.
    """

    def __init__(self, message: str, *, code: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.code = code


class NotFoundError(ApiError):
    """There is no such user pool, app client or branding style (``ResourceNotFoundException``)."""


def user_pools_api(
    *, region: str | None = None, aws_profile: str | None = None, endpoint_url: str | None = None
) -> Any:  # noqa: ANN401 - boto3 makes its classes when they are used
    """Return boto3's client of ``cognito-idp``, with credentials; nothing is asked yet.

    Parameters
    ----------
    region : str, optional
        Default: what AWS's own settings say.
    aws_profile : str, optional
        A profile of AWS's own configuration files; default as boto3 has it (``AWS_PROFILE``).
    endpoint_url : str, optional
        Where another user pool service listens, such as an emulator.

    Raises
    ------
    ConfigurationError
        Without boto3, credentials or a region, or if AWS's own settings cannot be read.
    """
    if importlib.util.find_spec("boto3") is None:
        raise ConfigurationError("This needs Amazon's boto3.", hint="Run: pip install 'cognito_nb[aws]'")
    import boto3  # type: ignore[import-untyped]  # noqa: PLC0415 - the extra `aws`
    from botocore.config import Config  # type: ignore[import-untyped]  # noqa: PLC0415 - the same
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - the same

    config = Config(
        connect_timeout=_CONNECT,
        read_timeout=_READ,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        user_agent_extra=f"cognito_nb/{__version__}",
    )
    try:
        session = boto3.Session(profile_name=aws_profile)
        if session.get_credentials() is None:
            failure: CognitoError = ConfigurationError("There are no AWS credentials.", hint=_SIGN_IN)
        else:
            return session.client("cognito-idp", region_name=region, endpoint_url=endpoint_url, config=config)
    except BotoCoreError as error:
        failure = _unasked(error)
    except ValueError:  # botocore's answer to an endpoint or a region that is none
        hint = "A region looks like eu-west-1, an endpoint URL like http://localhost:4566."
        failure = ConfigurationError("The region or the endpoint URL has no usable value.", setting="region", hint=hint)
    raise failure


def has_credentials(aws_profile: str | None = None) -> bool:
    """Tell whether boto3 is there and has credentials, without a request: an instance's role does not count.

    Parameters
    ----------
    aws_profile : str, optional
        A profile of AWS's own configuration files.
    """
    if importlib.util.find_spec("boto3") is None:
        return False
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - the extra `aws`
    from botocore.session import Session  # type: ignore[import-untyped]  # noqa: PLC0415 - the same

    try:
        session = Session(profile=aws_profile)
        providers = session.get_component("credential_provider")
        for name in _ASKS_THE_NETWORK:
            providers.remove(name)
        return session.get_credentials() is not None or any(os.environ.get(name) for name in _CONTAINER)
    except BotoCoreError:
        return False


def call(api: Any, operation: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - as each operation has it
    """Call one operation and return its answer.

    Parameters
    ----------
    api : boto3 client
        From `user_pools_api`.
    operation : str
        The API's own name, such as ``DescribeUserPoolClient``.
    **parameters
        What the operation takes.

    Raises
    ------
    NotFoundError
        If there is no such thing.
    ApiError
        If AWS refuses it for any other reason; without the permission, the message names the IAM action.
    ConfigurationError
        If the credentials or the parameters are unusable.
    NetworkError
        If AWS is not reached, is throttling or fails.
    """
    from botocore import xform_name  # type: ignore[import-untyped]  # noqa: PLC0415 - the extra `aws`
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - the same

    try:
        answer: dict[str, Any] = getattr(api, xform_name(operation))(**parameters)
    except ClientError as error:
        failure = _refused(error, operation)
    except BotoCoreError as error:
        failure = _unasked(error)
    else:
        answer.pop("ResponseMetadata", None)
        return answer
    raise failure


def _refused(error: ClientError, operation: str) -> CognitoError:
    """Return what an error that AWS answered means to the reader."""
    answer = error.response
    code = public_text(answer.get("Error", {}).get("Code", ""), limit=60)
    said = public_text(answer.get("Error", {}).get("Message", ""))
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    action = f"cognito-idp:{operation}"
    if code == "ResourceNotFoundException":
        return NotFoundError(f"AWS finds nothing for {operation}: {said}", code=code, hint="Compare id and region.")
    if code in _DENIED:
        hint = f"Ask for an IAM policy that allows {action}, or name another profile in AWS_PROFILE."
        return ApiError(f"These AWS credentials are not allowed {action}.", code=code, hint=hint)
    if code in _NOT_ACCEPTED:
        return ApiError(f"AWS does not accept these credentials ({code}).", code=code, hint=_SIGN_IN)
    if code in _THROTTLED:
        return NetworkError(
            f"AWS is asked too often ({code} for {operation}).", status_code=status, hint="Try again in a minute."
        )
    if status >= 500:  # noqa: PLR2004 - a server's fault, in HTTP
        return NetworkError(f"AWS failed at {operation} ({code}).", status_code=status, hint="Try again in a minute.")
    return ApiError(f"AWS refused {operation}: {said} ({code})", code=code)


def _unasked(error: BotoCoreError) -> CognitoError:
    """Return what an error of botocore's own means: nothing was asked, or nothing came back."""
    from botocore import exceptions  # noqa: PLC0415 - the extra `aws`

    name = type(error).__name__
    if isinstance(error, exceptions.HTTPClientError | exceptions.ConnectionError):
        hint = "Look at the network, the region and the proxy settings; then try again."
        return NetworkError(f"AWS's API was not reached ({name}).", hint=hint)
    if isinstance(error, exceptions.NoRegionError):
        return ConfigurationError("There is no AWS region.", setting="region", hint="Set AWS_DEFAULT_REGION.")
    if isinstance(error, exceptions.ProfileNotFound):
        return ConfigurationError(
            "AWS's settings have no profile of that name.", hint="See: aws configure list-profiles"
        )
    if isinstance(error, exceptions.ParamValidationError):
        return ConfigurationError(f"A value is not what AWS takes: {public_text(str(error))}")
    return ConfigurationError(f"AWS's own settings or credentials are not usable ({name}).", hint=_SIGN_IN)
