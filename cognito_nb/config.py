"""CognitoConfig: the settings of one user pool and app client, checked when they are made.

Every refusal names the setting, where its value came from, and the fix. Whatever passes here is safe to
send: URLs are https (http on loopback only), scopes are of RFC 6749's alphabet, no endpoint is in a private network.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .aws_names import CLIENT_ID, REGION, USER_POOL_ID, pool_of_issuer, region_of
from .config_checks import CLIENT_CREDENTIALS, IN_KEYRING, Checks
from .errors import CognitoError
from .secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["DEFAULT_SCOPES", "SETTINGS", "CognitoConfig"]

DEFAULT_SCOPES = ("openid", "email", "profile")
_LANGUAGES = ("de", "en", "es", "fr", "id", "it", "ja", "ko", "pt-BR", "zh-CN", "zh-TW")  # managed login's
_PROMPTS = ("none", "login", "select_account", "consent")
_AUTHORIZATION_OPTIONS = ("identity_provider", "idp_identifier", "login_hint", "lang", "prompt", "resource")


@dataclass(frozen=True, slots=True, kw_only=True)
class CognitoConfig:
    """The settings of one user pool and app client.

    Parameters
    ----------
    user_pool_id : str, optional
        Such as ``eu-west-1_AbC123``; enough, with `client_id`: the endpoints come from the pool's discovery document.
    client_id : str
        The app client.
    client_secret : str or Secret, optional
        Only if the app client has one; none is needed with PKCE. The word ``"keyring"`` has it looked up in the
        operating system's keyring, under the service ``cognito_nb client_secret USER_POOL_ID`` and the client id.
    refresh_token : str or Secret, optional
        Where nobody can sign in (CI, papermill): the session goes on from it, without a browser. Never in a file.
    region : str, optional
        The pool's region; read from `user_pool_id`.
    issuer : str, optional
        Override of the issuer, for local pools and Cognito's newer issuer form.
    domain : str, optional
        The user pool's domain (URL, host name or prefix): endpoints without discovery.
    scopes : sequence of str, optional
        Default ``openid email profile``; with ``client_credentials`` custom scopes only, by default all that the app
        client has.
    redirect_uris : sequence of str, optional
        The app client's callback URLs; default the Jupyter server's own.
    api_origins : sequence of str, optional
        Where tokens may go, besides a client's own ``base_url``.
    logout_uri : str, optional
        A registered sign-out URL, where Cognito sends the browser after sign-out.
    identity_provider, idp_identifier, login_hint, lang, prompt, resource : str, optional
        Parameters of Cognito's /oauth2/authorize.
    identity_pool_id : str, optional
        For AWS credentials.
    endpoints : mapping of str to str, optional
        Single overrides for emulators; in a file only on loopback.
    grant : str
        ``authorization_code``, or ``client_credentials``: the app client signs in for itself, without a person, by its
        `client_secret`.
    remember : str
        Where the session lives: in the ``kernel``, in the Jupyter ``server``'s memory, or in the system's ``keyring``.
    show_identity : bool
        Whether the login cell's output names the user; default true.
    profile : str
        The profile's name.
    sources : mapping of str to str
        Where each value came from; anything absent is a keyword.

    Raises
    ------
    ConfigurationError
        Naming the setting, its source and the fix.
    """

    user_pool_id: str | None = None
    client_id: str | None = None
    client_secret: Secret | str | None = None
    refresh_token: Secret | str | None = None
    region: str | None = None
    issuer: str = ""
    domain: str | None = None
    scopes: Sequence[str] = DEFAULT_SCOPES
    redirect_uris: Sequence[str] = ()
    api_origins: Sequence[str] = ()
    logout_uri: str | None = None
    identity_provider: str | None = None
    idp_identifier: str | None = None
    login_hint: str | None = None
    lang: str | None = None
    prompt: str | None = None
    resource: str | None = None
    identity_pool_id: str | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict)
    grant: str = "authorization_code"
    remember: str = "kernel"
    show_identity: bool = True
    profile: str = "default"
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        check = Checks(self)
        # First: from here on no frame shows them
        check.secret("client_secret", longest=256, hint="Leave it out for an app client without a secret.")
        check.secret("refresh_token", longest=8192, hint="Set COGNITO_NB_REFRESH_TOKEN to one that Cognito has issued.")
        check.text("client_id", pattern=CLIENT_ID, required="the app client's id, 26 letters and digits")
        check.text("user_pool_id", pattern=USER_POOL_ID, example="eu-west-1_AbC123")
        check.text("region", pattern=REGION, example="eu-west-1")
        check.issuer()
        check.domain()
        check.choice("grant", ("authorization_code", CLIENT_CREDENTIALS))
        if self.is_for_client and self.scopes is DEFAULT_SCOPES:  # not asked for by anybody
            object.__setattr__(self, "scopes", ())
        check.scopes()
        check.urls("redirect_uris")
        check.origins("api_origins")
        check.url("logout_uri", private=True)
        check.text("identity_pool_id", pattern=r"[\w-]+:[0-9a-f-]+", example="eu-west-1:…")
        for name in ("identity_provider", "idp_identifier", "login_hint", "profile"):
            check.text(name)
        check.choice("lang", _LANGUAGES)
        check.choice("prompt", _PROMPTS, several=True)
        check.text("resource", pattern=r"(?!http://(?!localhost))[a-z][a-z0-9+.-]+://[!-~]+")
        check.choice("remember", ("kernel", "server", "keyring"))
        check.remember_no_injected()
        if self.is_for_client:
            check.client_credentials()
        check.endpoints()
        if not isinstance(self.show_identity, bool):
            check.refuse("show_identity", "must be true or false")
        object.__setattr__(self, "sources", MappingProxyType(dict(self.sources)))

    @property
    def label(self) -> str:
        """How views name the user pool: by profile and id."""
        pool = self.user_pool_id or urlsplit(self.issuer).netloc
        return pool if self.profile == "default" else f"{self.profile} ({pool})"

    @contextlib.contextmanager
    def named_in_errors(self) -> Iterator[None]:
        """Tell the errors that come from within which user pool and app client they are about."""
        try:
            yield
        except CognitoError as error:
            error.at_aws = self.at_aws
            raise

    @property
    def at_aws(self) -> Mapping[str, str] | None:
        """What the AWS CLI needs to look at the app client; None for a user pool that is not AWS's."""
        region = self.region or region_of(self.user_pool_id)
        if not (region and self.user_pool_id and self.client_id) or pool_of_issuer(self.issuer) is None:
            return None
        return {"user_pool_id": self.user_pool_id, "client_id": self.client_id, "region": region}

    @property
    def is_for_client(self) -> bool:
        """Whether the app client signs in for itself (``client_credentials``): then there is no user."""
        return self.grant == CLIENT_CREDENTIALS

    @property
    def keeps_secret_in_keyring(self) -> bool:
        """Whether `client_secret` says no more than where it is."""
        return self.secret == Secret(IN_KEYRING)

    @property
    def secret(self) -> Secret | None:
        """`client_secret`, as the opaque type that it is kept in."""
        return self.client_secret if isinstance(self.client_secret, Secret) else None

    @property
    def injected(self) -> Secret | None:
        """`refresh_token`, as the opaque type that it is kept in."""
        return self.refresh_token if isinstance(self.refresh_token, Secret) else None

    @property
    def authorization_options(self) -> dict[str, str]:
        """The optional parameters of the authorization request that are set."""
        return {name: value for name in _AUTHORIZATION_OPTIONS if (value := getattr(self, name)) is not None}


SETTINGS = tuple(item.name for item in fields(CognitoConfig) if item.name not in ("profile", "sources"))
