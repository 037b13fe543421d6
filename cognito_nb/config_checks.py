"""The checks of `CognitoConfig`: each reads a setting, refuses it or puts it into the form in which it is used.

Every refusal names the setting, where its value came from, and the fix.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from .aws_names import domain_of_prefix, is_prefix, issuer_of, pool_of_issuer, region_of
from .errors import ConfigurationError
from .secret import Secret
from .shown_text import public_text
from .urls import url_fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .config import CognitoConfig

__all__ = ["CLIENT_CREDENTIALS", "ENDPOINT_NAMES", "IN_KEYRING", "Checks"]

CLIENT_CREDENTIALS = "client_credentials"
IN_KEYRING = "keyring"  # as client_secret: where it is, and the one value that a file may have

ENDPOINT_NAMES = ("authorization", "token", "userinfo", "revocation", "jwks", "end_session", "cognito_identity")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,256}")  # RFC 6749 §3.3
_MAX_SCOPES, _MAX_URLS = 50, 100  # Cognito's own limits per app client
_MAX_TEXT = 1024
_OF_USERS = {"openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"}  # scopes about a user


class Checks:
    """Checks one config."""

    def __init__(self, config: CognitoConfig) -> None:
        self._config = config

    def refuse(self, setting: str, reason: str, hint: str | None = None, *, cause: str | None = None) -> NoReturn:
        """Raise the error of a setting, with the source of its value."""
        source = self._config.sources.get(setting, "keyword")
        raise ConfigurationError(
            f"The setting {setting} {reason}", setting=setting, source=source, hint=hint, cause=cause
        )

    def missing(self, setting: str, what: str) -> NoReturn:
        """Raise the error of a setting that nobody has set."""
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
        """Take a text of a pattern."""
        value = getattr(self._config, setting)
        if value in (None, "") and required:
            self.missing(setting, required)
        if value is None:
            return
        if not isinstance(value, str) or len(value) > _MAX_TEXT or not re.fullmatch(pattern, value, re.ASCII):
            shown = public_text(value, limit=60)
            self.refuse(setting, f"has no usable value: {shown!r}", f"It looks like {example}." if example else None)

    def secret(self, setting: str, *, longest: int, hint: str) -> None:
        """Hide a secret at once; its value is never shown."""
        value = getattr(self._config, setting)
        if isinstance(value, str):
            value = Secret(value)
            self._set(setting, value)
        if value is not None and not (
            isinstance(value, Secret) and re.fullmatch(rf"[!-~]{{1,{longest}}}", value.reveal())
        ):
            self.refuse(setting, "has no usable value (not shown)", hint)

    def issuer(self) -> None:
        """Take the issuer as given, or work it out from the user pool id."""
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
        """Take what RFC 6749 allows as a scope, and what Cognito allows together."""
        scopes = self._list("scopes")
        for scope in scopes:
            if not _SCOPE.fullmatch(scope):
                self.refuse("scopes", f"holds a scope with characters that are not allowed: {public_text(scope)!r}")
        if not (scopes or self._config.is_for_client) or len(scopes) > _MAX_SCOPES:
            self.refuse("scopes", f"must name 1 to {_MAX_SCOPES} scopes")
        if "openid" not in scopes and (needs := {"email", "phone", "profile"} & set(scopes)):
            self.refuse("scopes", f"asks for {min(needs)}, which needs openid", cause="scope_without_openid")

    def urls(self, setting: str) -> None:
        """Take a list of https URLs (http on loopback)."""
        if len(self._list(setting)) > _MAX_URLS:
            self.refuse(setting, f"must name at most {_MAX_URLS} URLs", "Cognito allows no more per app client.")
        for url in getattr(self._config, setting):
            if fault := url_fault(url, private=True):
                self.refuse(
                    setting, f"holds {url.rpartition('@')[2][:100]!r}, which {fault}", "Write the whole https URL."
                )

    def url(self, setting: str, *, private: bool = False) -> None:
        """Take one URL."""
        value = getattr(self._config, setting)
        if value is not None and (fault := url_fault(value, private=private)):
            self.refuse(setting, fault)

    def origins(self, setting: str) -> None:
        """Take a list of URLs without a path."""
        self.urls(setting)
        for url in getattr(self._config, setting):
            if urlsplit(url).path not in ("", "/") or urlsplit(url).query:
                self.refuse(setting, f"holds {url[:100]!r}: an origin has no path", "Leave the path out.")

    def choice(self, setting: str, allowed: Sequence[str], *, several: bool = False) -> None:
        """Take one of a few words, or several of them."""
        value = getattr(self._config, setting)
        if value is None:
            return
        words = value.split() if several and isinstance(value, str) else [value]
        if not words or not all(word in allowed for word in words):
            self.refuse(setting, f"has no usable value: {public_text(value, limit=60)!r}", f"Use {', '.join(allowed)}.")

    def remember_no_injected(self) -> None:
        """Refuse to remember a session from a refresh token in the settings: it is its own kernel's."""
        remember = self._config.remember
        if remember != "kernel" and self._config.refresh_token is not None:
            self.refuse(
                "remember",
                f'is "{remember}", but refresh_token is set too, and that session is never remembered',
                'Set remember to "kernel" (COGNITO_NB_REMEMBER=kernel), or leave refresh_token out.',
            )

    def client_credentials(self) -> None:
        """Take what an app client that signs in for itself can use; nothing of it is about a user."""
        config, why = self._config, 'but grant is "client_credentials"'
        if config.client_secret is None:
            self.refuse(
                "client_secret",
                'is missing: grant = "client_credentials" needs it',
                'Set COGNITO_NB_CLIENT_SECRET, pass it as a keyword, or set it to "keyring" and keep it there.',
            )
        if theirs := sorted(_OF_USERS & set(config.scopes)):
            hint = "Name custom scopes only (RESOURCE-SERVER/SCOPE), or leave scopes out: then all are granted."
            self.refuse("scopes", f"asks for {theirs[0]}, which is about a user, {why}", hint)
        if config.resource is not None:
            self.refuse("resource", f"is set, {why}, and Cognito knows no resource there", "Leave it out.")
        if config.refresh_token is not None:
            self.refuse("refresh_token", f"is set, {why}", "Leave one of them out.")
        if config.remember != "kernel":
            hint = 'Set remember to "kernel": the next kernel asks for a token of its own.'
            self.refuse("remember", f'is "{config.remember}", {why}, and there is nothing to remember', hint)

    def endpoints(self) -> None:
        """Take a table of endpoint overrides."""
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
