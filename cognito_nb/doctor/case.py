"""What the doctor's checks find out for each other: the settings, the user pool, the app client as AWS has it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from ..aws_api import call, has_credentials, user_pools_api
from ..aws_names import pool_of_issuer
from ..causes import cause_of
from ..errors import CognitoError
from .finding import found, of_error

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from ..config import CognitoConfig
    from ..protocol.metadata import Metadata
    from ..tokens.transport import Transport
    from .finding import Finding, Status

__all__ = ["Case"]

T = TypeVar("T")
_EMULATOR = ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "AWS_ENDPOINT_URL")


@dataclass(slots=True)
class Case:
    """One examination.

    Attributes
    ----------
    config : CognitoConfig
        The settings.
    transport : Transport
        The HTTP towards Cognito.
    in_kernel : bool
        Whether this is a kernel; else it is a terminal, in Jupyter's own environment.
    clock : callable
        Returns seconds since the epoch.
    metadata : Metadata or None
        The user pool, once it was found.
    receiver : str
        The receiver that would be chosen, once that is known.
    callbacks : tuple of str
        The callback URLs that would be used here, the likeliest first.
    reported : set of str
        Codes, and codes with what they are about, that a finding has named: AWS's settings need not say it again.
    aws_error : CognitoError or None
        Why AWS did not show the app client.
    """

    config: CognitoConfig
    transport: Transport
    in_kernel: bool
    clock: Callable[[], float] = time.time
    metadata: Metadata | None = None
    receiver: str = ""
    callbacks: tuple[str, ...] = ()
    reported: set[str] = field(default_factory=set)
    aws_error: CognitoError | None = None
    _app_client: dict[str, Any] | None = None
    _was_asked: bool = False

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the transport's loop; an interrupt ends it."""
        return self.transport.background.run(coroutine)

    @property
    def aws(self) -> Mapping[str, str] | None:
        """What the AWS CLI needs to look at this app client; None for a pool that is not AWS's."""
        config = self.config
        at_aws = pool_of_issuer(config.issuer) is not None or any(os.environ.get(name) for name in _EMULATOR)
        if not at_aws or not (config.user_pool_id and config.region and config.client_id):
            return None
        return {"user_pool_id": config.user_pool_id, "region": config.region, "client_id": config.client_id}

    @property
    def app_client(self) -> Mapping[str, Any] | None:
        """The app client as DescribeUserPoolClient shows it; its secret is dropped, ``HasSecret`` says if it has one.

        None without AWS credentials, and if AWS refuses: `aws_error` says why.
        """
        if not self._was_asked and self.aws is not None and has_credentials():
            self._was_asked = True
            self._describe()
        return self._app_client

    def registering(self, redirect_uri: str) -> str:
        """Return how a callback URL is registered."""
        how = f"Add exactly {redirect_uri} to the app client's allowed callback URLs"
        profile = "" if self.config.profile in ("default", "dev") else f" --profile {self.config.profile}"
        return f"{how}: jupyter cognito setup{profile} --callback-url {redirect_uri}" if self.aws else f"{how}."

    def found(
        self, id_: str, title: str, code: str, *, status: Status = "failed", detail: str = "", fix: str = ""
    ) -> Finding:
        """Return the finding of a fault, and remember that it was named."""
        self.reported.add(code)
        fix = fix or cause_of(code).fix.replace("--client-id ID", f"--client-id {self.config.client_id}")
        return found(id_, title, code, status=status, detail=detail, fix=fix, aws=self.aws)

    def of_error(self, id_: str, title: str, error: CognitoError, *, status: Status = "failed") -> Finding:
        """Return the finding of an error."""
        return of_error(id_, title, error, status=status, aws=self.aws)

    def _describe(self) -> None:
        config = self.config
        try:
            api = user_pools_api(region=config.region)
            answer = call(api, "DescribeUserPoolClient", UserPoolId=config.user_pool_id, ClientId=config.client_id)
        except CognitoError as error:
            self.aws_error = error
            return
        app_client = answer["UserPoolClient"]
        app_client["HasSecret"] = bool(app_client.pop("ClientSecret", None))
        self._app_client = app_client
