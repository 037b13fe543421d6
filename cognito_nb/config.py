"""CognitoConfig: the settings of one user pool and app client, checked when they are made.

Every refusal names the setting, where its value came from, and the fix. Whatever passes here is safe to
send: URLs are https (http on loopback only), scopes are of RFC 6749's alphabet, no endpoint is in a private network.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from .aws_names import REGION, domain_of_prefix, is_prefix, issuer_of, pool_of_issuer, region_of
from .errors import ConfigurationError, public_text
from .secret import Secret
from .urls import url_fault

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["DEFAULT_SCOPES", "ENDPOINT_NAMES", "SETTINGS", "CognitoConfig"]

DEFAULT_SCOPES = ("openid", "email", "profile")
ENDPOINT_NAMES = ("authorization", "token", "userinfo", "revocation", "jwks", "end_session", "cognito_identity")
_LANGUAGES = ("de", "en", "es", "fr", "id", "it", "ja", "ko", "pt-BR", "zh-CN", "zh-TW")  # managed login's
_PROMPTS = ("none", "login", "select_account", "consent")
_AUTHORIZATION_OPTIONS = ("identity_provider", "idp_identifier", "login_hint", "lang", "prompt", "resource")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,256}")  # RFC 6749 §3.3
_MAX_SCOPES, _MAX_URLS = 50, 100  # Cognito's own limits per app client
_MAX_TEXT = 1024


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
        Only if the app client has one; none is needed with PKCE.
    region : str, optional
        The pool's region; read from `user_pool_id`.
    issuer : str, optional
        Override of the issuer, for local pools and Cognito's newer issuer form.
    domain : str, optional
        The user pool's domain (URL, host name or prefix): endpoints without discovery.
    scopes : sequence of str, optional
        Default ``openid email profile``.
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
        ``authorization_code``.
    remember : str
        ``kernel``: the session lives in the kernel's memory.
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
        check = _Check(self)
        check.secret("client_secret")  # first: from here on no frame shows it
        check.text("client_id", pattern=r"[\w+]{1,128}", required="the app client's id, 26 letters and digits")
        check.text("user_pool_id", pattern=r"[\w-]{1,50}_[0-9a-zA-Z]{1,50}", example="eu-west-1_AbC123")
        check.text("region", pattern=REGION, example="eu-west-1")
        check.issuer()
        check.domain()
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
        check.choice("grant", ("authorization_code",))
        check.choice("remember", ("kernel",))
        check.endpoints()
        if not isinstance(self.show_identity, bool):
            check.refuse("show_identity", "must be true or false")
        object.__setattr__(self, "sources", MappingProxyType(dict(self.sources)))

    @property
    def label(self) -> str:
        """How views name the user pool: by profile and id."""
        pool = self.user_pool_id or urlsplit(self.issuer).netloc
        return pool if self.profile == "default" else f"{self.profile} ({pool})"

    @property
    def secret(self) -> Secret | None:
        """`client_secret`, as the opaque type that it is kept in."""
        return self.client_secret if isinstance(self.client_secret, Secret) else None

    @property
    def authorization_options(self) -> dict[str, str]:
        """The optional parameters of the authorization request that are set."""
        return {name: value for name in _AUTHORIZATION_OPTIONS if (value := getattr(self, name)) is not None}


SETTINGS = tuple(item.name for item in fields(CognitoConfig) if item.name not in ("profile", "sources"))


class _Check:
    """The checks of `CognitoConfig`: each reads a setting, refuses or normalises it."""

    def __init__(self, config: CognitoConfig) -> None:
        self._config = config

    def refuse(self, setting: str, reason: str, hint: str | None = None) -> NoReturn:
        source = self._config.sources.get(setting, "keyword")
        raise ConfigurationError(f"The setting {setting} {reason}", setting=setting, source=source, hint=hint)

    def missing(self, setting: str, what: str) -> NoReturn:
        raise ConfigurationError(
            f"The setting {setting} is missing: {what}.",
            setting=setting,
            source=next((where for where in self._config.sources.values() if where.startswith("profile")), None),
            hint=f"Set it in cognito.toml, as COGNITO_NB_{setting.upper()} in the environment, or as a keyword.",
        )

    def text(
        self,
        setting: str,
        *,
        pattern: str = "[^\x00-\x1f\x7f\ud800-\udfff]+",  # a lone surrogate has no UTF-8 form to send
        example: str | None = None,
        required: str | None = None,
    ) -> None:
        value = getattr(self._config, setting)
        if value in (None, "") and required:
            self.missing(setting, required)
        if value is None:
            return
        if not isinstance(value, str) or len(value) > _MAX_TEXT or not re.fullmatch(pattern, value, re.ASCII):
            shown = public_text(value, limit=60)
            self.refuse(setting, f"has no usable value: {shown!r}", f"It looks like {example}." if example else None)

    def secret(self, setting: str) -> None:
        value = getattr(self._config, setting)
        if isinstance(value, str):
            value = Secret(value)
            self._set(setting, value)
        if value is not None and not (isinstance(value, Secret) and re.fullmatch(r"[!-~]{1,256}", value.reveal())):
            self.refuse(setting, "has no usable value (not shown)", "Leave it out for an app client without a secret.")

    def issuer(self) -> None:
        config, region = self._config, region_of(self._config.user_pool_id)
        if config.issuer:
            self._given_issuer()
        elif config.user_pool_id is None:
            self.missing("user_pool_id", "the user pool's id, such as eu-west-1_AbC123")
        elif region is None:
            self.refuse("user_pool_id", "names no AWS region", "It looks like eu-west-1_AbC123.")
        elif config.region not in (None, region):
            given = public_text(config.region, limit=40)
            self.refuse("user_pool_id", f"is of region {region}, but region is {given!r}")
        else:
            self._set("issuer", issuer_of(config.user_pool_id, region))
        if region is not None:
            self._set("region", region)

    def _given_issuer(self) -> None:
        self.url("issuer")
        issuer, user_pool_id = self._config.issuer.rstrip("/"), self._config.user_pool_id
        if "?" in issuer:
            self.refuse("issuer", "must not hold a query")
        if pool_of_issuer(issuer) not in (None, user_pool_id) and user_pool_id is not None:
            self.refuse("issuer", f"is another user pool's than user_pool_id, {user_pool_id}")
        self._set("issuer", issuer)

    def domain(self) -> None:
        """Take a URL, a host name, or the prefix of an amazoncognito.com domain."""
        domain, region = self._config.domain, self._config.region
        if domain is None:
            return
        if not isinstance(domain, str):
            self.refuse("domain", "must be a host name or a URL")
        if is_prefix(domain):
            if not region:
                self.refuse("domain", "is a prefix, which needs a region", "Write the whole domain.")
            domain = domain_of_prefix(domain, region)
        url = domain if "://" in domain else f"https://{domain}"
        fault = url_fault(url)
        if fault is None and (urlsplit(url).path.strip("/") or urlsplit(url).query or url.endswith("?")):
            fault = "must be a host name without a path"
        if fault:
            self.refuse("domain", fault, "It looks like https://PREFIX.auth.eu-west-1.amazoncognito.com.")
        self._set("domain", url.rstrip("/"))

    def scopes(self) -> None:
        scopes = self._list("scopes")
        for scope in scopes:
            if not _SCOPE.fullmatch(scope):
                self.refuse("scopes", f"holds a scope with characters that are not allowed: {public_text(scope)!r}")
        if not 0 < len(scopes) <= _MAX_SCOPES:
            self.refuse("scopes", f"must name 1 to {_MAX_SCOPES} scopes")
        if "openid" not in scopes and (needs := {"email", "phone", "profile"} & set(scopes)):
            self.refuse("scopes", f"asks for {min(needs)}, which needs openid", "Add openid to scopes.")

    def urls(self, setting: str) -> None:
        if len(self._list(setting)) > _MAX_URLS:
            self.refuse(setting, f"must name at most {_MAX_URLS} URLs", "Cognito allows no more per app client.")
        for url in getattr(self._config, setting):
            if fault := url_fault(url, private=True):
                self.refuse(
                    setting, f"holds {url.rpartition('@')[2][:100]!r}, which {fault}", "Write the whole https URL."
                )

    def url(self, setting: str, *, private: bool = False) -> None:
        value = getattr(self._config, setting)
        if value is not None and (fault := url_fault(value, private=private)):
            self.refuse(setting, fault)

    def origins(self, setting: str) -> None:
        self.urls(setting)
        for url in getattr(self._config, setting):
            if urlsplit(url).path not in ("", "/") or urlsplit(url).query:
                self.refuse(setting, f"holds {url[:100]!r}: an origin has no path", "Leave the path out.")

    def choice(self, setting: str, allowed: Sequence[str], *, several: bool = False) -> None:
        value = getattr(self._config, setting)
        if value is None:
            return
        words = value.split() if several and isinstance(value, str) else [value]
        if not words or not all(word in allowed for word in words):
            self.refuse(setting, f"has no usable value: {public_text(value, limit=60)!r}", f"Use {', '.join(allowed)}.")

    def endpoints(self) -> None:
        endpoints = self._config.endpoints
        if not isinstance(endpoints, dict | MappingProxyType):
            self.refuse("endpoints", "must be a table of URLs")
        for name, url in endpoints.items():
            if name not in ENDPOINT_NAMES:
                shown = public_text(name, limit=40)
                self.refuse("endpoints", f"names an unknown endpoint {shown!r}", f"Use {', '.join(ENDPOINT_NAMES)}.")
            if fault := url_fault(url):
                self.refuse("endpoints", f"has for {name} a value that {fault}")
        self._set("endpoints", MappingProxyType(dict(endpoints)))

    def _list(self, setting: str) -> tuple[str, ...]:
        value = getattr(self._config, setting)
        items = value.split() if isinstance(value, str) else value
        if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
            self.refuse(setting, "must be a list of strings")
        result = tuple(dict.fromkeys(items))
        self._set(setting, result)
        return result

    def _set(self, setting: str, value: Any) -> None:  # noqa: ANN401 - whatever the setting holds
        object.__setattr__(self._config, setting, value)
