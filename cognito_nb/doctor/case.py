"""What the doctor's checks find out for each other: the settings, the user pool, the app client as AWS has it."""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from ..causes import cause_of
from ..errors import CognitoError
from .app_client import read_app_client
from .finding import found, of_error
from .shell import line_to_copy

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from ..config import CognitoConfig
    from ..protocol.metadata import Metadata
    from ..tokens.transport import Transport
    from .finding import Finding, Status

__all__ = ["Case"]

T = TypeVar("T")
_PROBE_SECONDS = 60.0  # for all questions to the network together
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
        Codes that a finding has named: AWS's settings need not say it again.
    named : set of str
        URLs and scopes that a finding has named, as well.
    aws_error : CognitoError or None
        Why AWS did not show the app client.
    deadline : float
        When the time for questions to the network is up (`time.monotonic`, seconds).
    """

    config: CognitoConfig
    transport: Transport
    in_kernel: bool
    clock: Callable[[], float] = time.time
    metadata: Metadata | None = None
    receiver: str = ""
    callbacks: tuple[str, ...] = ()
    reported: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    aws_error: CognitoError | None = None
    deadline: float = math.inf
    _app_client: dict[str, Any] | None = None
    _was_asked: bool = False

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the transport's loop; an interrupt ends it."""
        return self.transport.background.run(coroutine)

    def start_questions(self) -> None:
        """Let the time for questions to the network begin."""
        self.deadline = time.monotonic() + _PROBE_SECONDS

    @property
    def time_is_up(self) -> bool:
        """Whether no further question may begin: the answers were slow."""
        return time.monotonic() >= self.deadline

    @property
    def aws(self) -> Mapping[str, str] | None:
        """What the AWS CLI needs to look at this app client; None for a pool that is not AWS's."""
        config = self.config
        at_aws = config.at_aws is not None or any(os.environ.get(name) for name in _EMULATOR)
        if not at_aws or not (config.user_pool_id and config.region and config.client_id):
            return None
        return {"user_pool_id": config.user_pool_id, "region": config.region, "client_id": config.client_id}

    @property
    def app_client(self) -> Mapping[str, Any] | None:
        """The app client as DescribeUserPoolClient shows it; its secret is dropped, ``HasSecret`` says if it has one.

        None without AWS credentials, and if AWS refuses: `aws_error` says why.
        """
        if not self._was_asked and self.aws is not None:
            self._was_asked = True
            try:
                self._app_client = read_app_client(self.config)
            except CognitoError as error:
                self.aws_error = error
        return self._app_client

    def registering(self, redirect_uri: str) -> str:
        """Return how a callback URL is registered."""
        how = f"Add exactly {redirect_uri} to the app client's allowed callback URLs"
        profile = [] if self.config.profile == "default" else ["--profile", self.config.profile]
        line = line_to_copy(["jupyter", "cognito", "setup", *profile, "--callback-url", redirect_uri])
        return f"{how}: {line}" if self.aws and line else f"{how}."

    def found(
        self, id_: str, title: str, code: str, *, status: Status = "failed", detail: str = "", fix: str = ""
    ) -> Finding:
        """Return the finding of a fault, and remember that it was named."""
        self.reported.add(code)
        fix = fix or cause_of(code).fix.replace("--client-id ID", f"--client-id {self.config.client_id}")
        return found(id_, title, code, status=status, detail=detail, fix=fix, aws=self.aws)

    def of_error(self, id_: str, title: str, error: CognitoError, *, status: Status = "failed") -> Finding:
        """Return the finding of an error."""
        return of_error(id_, title, error, status=status, aws=self.aws, issuer=self.config.issuer)
