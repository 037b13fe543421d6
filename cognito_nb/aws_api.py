"""AWS's API for user pools: a client of it, and its errors as ours. boto3 (the extra ``aws``) is loaded when used.

Operations have the API's own names (``DescribeUserPool``), which are those of the IAM actions, too. No error holds a
key: botocore's exceptions are left behind before ours is raised. An answer has the types of Amazon's service model, or
it is an error; which members it has, is for the caller to see.
"""

from __future__ import annotations

import importlib.util
import os
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ._version import __version__
from .errors import CognitoError, ConfigurationError, NetworkError
from .shown_text import printable
from .unlogged import unlogged

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]
    from botocore.model import Shape  # type: ignore[import-untyped]
    from botocore.session import Session  # type: ignore[import-untyped]

__all__ = ["ApiError", "NotFoundError", "call", "has_credentials", "unusable_answer", "user_pools_api"]

_CONNECT, _READ, _ATTEMPTS = 5.0, 20.0, 4  # seconds, seconds, requests
_BRIEF_READ = 5.0  # seconds
_ASKS_THE_NETWORK = ("container-role", "iam-role")  # botocore's names of providers that send a request to find out
_CONTAINER = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")

_DENIED = {"AccessDenied", "AccessDeniedException", "NotAuthorizedException", "UnauthorizedOperation"}
_NOT_ACCEPTED = {
    *("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"),
    *("InvalidSignatureException", "SignatureDoesNotMatch", "RequestExpired"),
    *("IncompleteSignature", "IncompleteSignatureException", "AuthFailure", "OptInRequired"),
    *("MissingAuthenticationToken", "MissingAuthenticationTokenException"),
}
_THROTTLED = {"TooManyRequestsException", "Throttling", "ThrottlingException", "RequestLimitExceeded"}
_ANOTHER = "name another profile of AWS's settings: AWS_PROFILE, or setup's --aws-profile"
_SIGN_IN = f"Sign in to AWS again (aws sso login, aws configure), or {_ANOTHER}."
_PLAN = "The user pool's plan lacks this feature: leave it out, or choose Essentials or Plus in the Cognito console."

_TYPES: dict[str, Any] = {  # of botocore's shapes, as its parsers give them
    **dict.fromkeys(("structure", "map"), dict),
    **dict.fromkeys(("integer", "long"), int),
    "list": list,
    "string": str,
    "boolean": bool,
    "timestamp": datetime,
}
_CODE = re.compile(r"\w{1,80}", re.ASCII)
# As long as a key, and with digits in it; no URL and no name of an operation or a setting: those say what is wrong
_KEY_LIKE = re.compile(r"(?<![\w\-+/=.~%])(?!//)(?=[A-Za-z_\-+/=.~%]*\d)[\w\-+/=.~%]{30,}", re.ASCII)


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
    *, region: str | None = None, aws_profile: str | None = None, endpoint_url: str | None = None, brief: bool = False
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
    brief : bool
        Whether to try once, and ten seconds at most: where AWS's answer is of use, but not needed.

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
        read_timeout=_BRIEF_READ if brief else _READ,
        retries={"mode": "standard", "total_max_attempts": 1 if brief else _ATTEMPTS},
        user_agent_extra=f"cognito_nb/{__version__}",
    )
    try:
        session = boto3.Session(profile_name=aws_profile)
        if session.get_credentials() is None:
            failure: CognitoError = ConfigurationError("There are no AWS credentials.", hint=_SIGN_IN)
        else:
            return session.client("cognito-idp", region_name=region, endpoint_url=endpoint_url, config=config)
    except (BotoCoreError, OSError) as error:
        failure = _unasked(error)
    except ValueError:  # botocore's answer to an endpoint or a region that is none
        hint = "A region looks like eu-west-1, an endpoint URL like http://localhost:4566."
        failure = ConfigurationError("The region or the endpoint URL has no usable value.", setting="region", hint=hint)
    raise failure


def has_credentials(aws_profile: str | None = None) -> bool:
    """Tell whether boto3 is there and has credentials, without a request or a question to a person.

    An instance's role does not count, and neither does a role for which botocore would ask for an MFA code.

    Parameters
    ----------
    aws_profile : str, optional
        A profile of AWS's own configuration files.
    """
    if importlib.util.find_spec("boto3") is None:
        return False
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - the extra `aws`
    from botocore.session import Session  # noqa: PLC0415 - the same

    try:
        session = Session(profile=aws_profile)
        providers = session.get_component("credential_provider")
        for name in _ASKS_THE_NETWORK:
            providers.remove(name)
        credentials = session.get_credentials()
        if credentials is None:
            return any(os.environ.get(name) for name in _CONTAINER)
        return credentials.method != "assume-role" or not _asks_for_mfa(session)
    except (BotoCoreError, OSError):
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
        If AWS is not reached, is throttling or fails, or its answer is unusable.
    """
    from botocore import xform_name  # type: ignore[import-untyped]  # noqa: PLC0415 - the extra `aws`
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - the same
    from botocore.parsers import ResponseParserError  # type: ignore[import-untyped]  # noqa: PLC0415 - the same

    method = getattr(api, xform_name(operation))
    try:
        with unlogged("botocore"):
            answer: dict[str, Any] = method(**parameters)
    except ClientError as error:
        failure = _refused(error, operation)
    except (BotoCoreError, OSError) as error:
        failure = _unasked(error)
    except (ResponseParserError, ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError):
        failure = unusable_answer(operation)  # botocore's parsers look at no type
    else:
        answer.pop("ResponseMetadata", None)
        shape = api.meta.service_model.operation_model(operation).output_shape
        if shape is None or _has_type(answer, shape):
            return answer
        failure = unusable_answer(operation)
    raise failure


def unusable_answer(operation: str) -> NetworkError:
    """Return the error of an answer that is not what AWS sends.

    Parameters
    ----------
    operation : str
        What was asked for.
    """
    hint = "Look at the endpoint URL (AWS_ENDPOINT_URL, or setup's --endpoint-url) and the proxy settings."
    return NetworkError(f"AWS's API gave an unusable answer to {operation}.", hint=hint)


def _asks_for_mfa(session: Session) -> bool:
    """Tell whether the profile, or one that it takes its own credentials from, names an MFA device."""
    profiles, seen = session.full_config.get("profiles", {}), set[str]()
    name = session.profile or "default"
    while name in profiles and name not in seen and "mfa_serial" not in profiles[name]:
        seen.add(name)
        name = profiles[name].get("source_profile", "")
    return "mfa_serial" in profiles.get(name, {})


def _words(text: object) -> str:
    """Return an error's words for one line, without what may be a key that they repeat."""
    return printable(_KEY_LIKE.sub("[…]", text), limit=300) if isinstance(text, str) else ""


def _has_type(value: Any, shape: Shape) -> bool:  # noqa: ANN401 - that is the question
    """Tell whether a value is of the type that the service model says; what the model does not know counts as such."""
    if not isinstance(value, _TYPES.get(shape.type_name, object)):
        return False
    if shape.type_name == "structure":
        return all(_has_type(value[name], member) for name, member in shape.members.items() if name in value)
    if shape.type_name == "list":
        return all(_has_type(item, shape.member) for item in value)
    return shape.type_name != "map" or all(_has_type(item, shape.value) for item in value.values())


def _refused(error: ClientError, operation: str) -> CognitoError:
    """Return what an error that AWS answered means to the reader."""
    told = error.response.get("Error", {})
    code = told.get("Code")
    code = code if isinstance(code, str) and _CODE.fullmatch(code) else "no usable error code"
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    asked = printable(error.operation_name, limit=60)  # botocore asks for more than we do: for a profile's role, say
    if code in _NOT_ACCEPTED:
        return ApiError(f"AWS does not accept these credentials ({code}).", code=code, hint=_SIGN_IN)
    if code in _THROTTLED or status >= 500:  # noqa: PLR2004 - a server's fault, in HTTP
        fault = "is asked too often" if code in _THROTTLED else "failed"
        again = "Try again in a minute."
        return NetworkError(f"AWS {fault} at {asked} ({code}).", status_code=status, hint=again)
    if asked != operation:
        message = f"The role of the AWS profile cannot be taken on: AWS refused {asked} ({code})."
        return ApiError(message, code=code, hint=f"Compare the profile with the role's trust policy, or {_ANOTHER}.")
    return _refused_operation(operation, code, _words(told.get("Message")))


def _refused_operation(operation: str, code: str, said: str) -> ApiError:
    """Return what an error means that is about the operation itself."""
    if code == "ResourceNotFoundException":
        return NotFoundError(f"AWS finds nothing for {operation}: {said}", code=code, hint="Compare id and region.")
    if code in _DENIED:
        action = f"cognito-idp:{operation}"
        hint = f"Ask for an IAM policy that allows {action}, or {_ANOTHER}."
        return ApiError(f"These AWS credentials are not allowed {action}.", code=code, hint=hint)
    fix = _PLAN if code == "FeatureUnavailableInTierException" else None
    return ApiError(f"AWS refused {operation}: {said} ({code})", code=code, hint=fix)


def _unasked(error: BotoCoreError | OSError) -> CognitoError:
    """Return what an error of botocore's own means: nothing was asked, or nothing came back."""
    from botocore import exceptions  # noqa: PLC0415 - the extra `aws`

    name = type(error).__name__
    if isinstance(error, exceptions.HTTPClientError | exceptions.ConnectionError):
        hint = "Look at the network, the region and the proxy settings; then try again."
        return NetworkError(f"AWS's API was not reached ({name}).", hint=hint)
    if isinstance(error, exceptions.NoRegionError):
        hint = "Set AWS_DEFAULT_REGION, or setup's --region."
        return ConfigurationError("There is no AWS region.", setting="region", hint=hint)
    if isinstance(error, exceptions.ProfileNotFound):
        hint = "See: aws configure list-profiles; then set AWS_PROFILE, or setup's --aws-profile."
        return ConfigurationError("AWS's settings have no profile of that name.", hint=hint)
    if isinstance(error, exceptions.ParamValidationError):
        return ConfigurationError(f"A value is not what AWS takes: {_words(str(error))}")
    return ConfigurationError(f"AWS's own settings or credentials are not usable ({name}).", hint=_SIGN_IN)
