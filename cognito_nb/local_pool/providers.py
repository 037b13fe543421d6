"""Identity providers beside the pool itself; the pool shows a stand-in page for each.

Source: "Adding user pool sign-in through a third party", ``CreateIdentityProvider`` in the API reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from .checks import check, items

__all__ = ["LOCAL_PROVIDER", "IdentityProvider", "ProviderType"]

ProviderType: TypeAlias = Literal["Facebook", "Google", "LoginWithAmazon", "OIDC", "SAML", "SignInWithApple"]

LOCAL_PROVIDER = "COGNITO"
_SOCIAL: dict[str, ProviderType] = {
    "Facebook": "Facebook",
    "Google": "Google",
    "LoginWithAmazon": "LoginWithAmazon",
    "SignInWithApple": "SignInWithApple",
}


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """An external provider.

    Parameters
    ----------
    name
        What ``identity_provider`` in an authorization request and `User.provider` say.
    type
        By default that of the social provider of this name, else ``OIDC``.
    identifiers
        What ``idp_identifier`` may say instead of the name, such as an e-mail domain.

    Raises
    ------
    TypeError
        For a value of another type, with the name of the parameter.
    """

    name: str
    type: ProviderType | None = None
    identifiers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check("name", self.name, str)
        object.__setattr__(self, "identifiers", tuple(items("identifiers", self.identifiers, str)))

    @property
    def kind(self) -> ProviderType:
        """The ``providerType`` of the ``identities`` claim."""
        return self.type or _SOCIAL.get(self.name, "OIDC")
