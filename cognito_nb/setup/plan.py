"""From what is there and what is wanted to the calls that bridge them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..aws_names import unreadable_attributes
from .client import changes, kept_for_others, may_rotate, new_client, refuse_unfit, rotates, updated_client
from .domain import MANAGED_LOGIN, Domain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from .client import Wanted
    from .read import There

__all__ = ["Call", "Plan", "Step", "make_plan"]


@dataclass(frozen=True, slots=True)
class Call:
    """One call that changes something.

    Parameters
    ----------
    operation : str
        The API's name of it.
    parameters : mapping of str to Any
        What it takes; a ``ClientId`` of None is what CreateUserPoolClient, before it, will answer.
    """

    operation: str
    parameters: Mapping[str, Any]

    @property
    def awaits_client_id(self) -> bool:
        """Whether it is about the app client that is yet to be made."""
        return self.parameters.get("ClientId", "") is None


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to one thing.

    Parameters
    ----------
    sign : str
        ``+`` it is created, ``~`` changed, ``=`` as it is.
    subject, text : str
        What it is, and which one.
    changed : mapping of str to tuple
        What changes: name → (before, after).
    call : Call or None
        What does it; None if nothing has to be done.
    """

    sign: str
    subject: str
    text: str
    changed: Mapping[str, tuple[Any, Any]]
    call: Call | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is to be done in AWS, in order.

    Parameters
    ----------
    there : There
        What it starts from.
    client : mapping of str to Any
        The app client's parameters, all of them, as they will be.
    steps : tuple of Step
        One for each thing.
    notes : tuple of str
        What the reader should know beside.
    unasked_urls : tuple of str
        Callback URLs on other machines that only the file names, and that AWS does not have: a file may have come with
        somebody else's repository.
    """

    there: There
    client: Mapping[str, Any]
    steps: tuple[Step, ...]
    notes: tuple[str, ...]
    unasked_urls: tuple[str, ...] = ()

    @property
    def client_id(self) -> str | None:
        """The app client's id; None if AWS is yet to make it."""
        return self.client.get("ClientId")

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls, in order."""
        return tuple(step.call for step in self.steps if step.call)


def make_plan(there: There, wanted: Wanted, members: Collection[str], notes: Iterable[str] = ()) -> Plan:
    """Return what is to be done.

    The domain comes first: an app client that is older than its pool's domain has been seen to be refused at
    ``/oauth2/authorize`` (``Client is not enabled for OAuth2.0 flows.``).

    Parameters
    ----------
    there : There
        What is there.
    wanted : Wanted
        What notebooks need.
    members : collection of str
        What UpdateUserPoolClient takes.
    notes : iterable of str, optional
        What the reader should know, beside what is known here.

    Raises
    ------
    ConfigurationError
        If the app client cannot become one for notebooks.
    """
    tier = there.pool.tier
    if there.client is None:
        client = new_client(there.pool.id, wanted, tier=tier)
    else:
        refuse_unfit(there.client, wanted, has_secret=there.has_secret)
        client = updated_client(there.client, wanted, members, tier=tier)
    registered = there.client.get("CallbackURLs", ()) if there.client else ()
    unasked = tuple(url for url in wanted.unasked_urls if url not in registered)
    steps = (*_domain_steps(there), _client_step(there, wanted, client), *_style_steps(there))
    told = (*_address_notes(unasked), *_client_notes(client, wanted, tier), *_kept_notes(there, client), *notes)
    return Plan(there, client, steps, told, unasked)


def _domain_steps(there: There) -> Iterator[Step]:
    if there.domain:
        yield Step("=", "domain", _named(there.domain), {})
    if domain := there.new_domain:
        parameters = {"Domain": domain.name, "UserPoolId": there.pool.id, "ManagedLoginVersion": domain.version}
        yield Step("+", "domain", _named(domain), {}, Call("CreateUserPoolDomain", parameters))


def _named(domain: Domain) -> str:
    return f"{domain.url} ({domain.pages})"


def _client_step(there: There, wanted: Wanted, client: Mapping[str, Any]) -> Step:
    if there.client is None:
        kind = "with a secret" if wanted.with_secret else "public, with PKCE"
        text = f"{wanted.name} ({kind}; code grant only{', rotating refresh tokens' if rotates(client) else ''})"
        shown = {name: (None, client[name]) for name in wanted.lists}
        return Step("+", "app client", text, shown, Call("CreateUserPoolClient", client))
    text = f"{there.client['ClientName']} ({there.client['ClientId']})"
    if changed := changes(there.client, client):
        return Step("~", "app client", text, changed, Call("UpdateUserPoolClient", client))
    return Step("=", "app client", text, {})


def _style_steps(there: There) -> Iterator[Step]:
    domain = there.domain or there.new_domain
    if domain is None or domain.version != MANAGED_LOGIN:
        return
    if there.has_style:
        yield Step("=", "login style", "of this app client", {})
        return
    client_id = there.client["ClientId"] if there.client else None
    parameters = {"UserPoolId": there.pool.id, "ClientId": client_id, "UseCognitoProvidedValues": True}
    text = "Cognito's own; without one the login page does not work"
    yield Step("+", "login style", text, {}, Call("CreateManagedLoginBranding", parameters))


def _address_notes(unasked: tuple[str, ...]) -> Iterator[str]:
    if unasked:
        yield (
            f"From the file, not from your command line: {', '.join(unasked)}. Whoever has such an address receives"
            " authorization codes."
        )


def _client_notes(client: Mapping[str, Any], wanted: Wanted, tier: str | None) -> Iterator[str]:
    if not rotates(client) and not may_rotate(tier):
        yield f"Refresh tokens are not rotated: this user pool's plan, {tier}, does not have that."
    if missing := unreadable_attributes(wanted.scopes, client.get("ReadAttributes")):
        yield (
            f"The app client may not read {', '.join(missing)}, which the scopes open: each code is refused"
            " (invalid_grant). Allow it in the console (App clients → your client → Attribute permissions), or name"
            " other scopes in the file."
        )


def _kept_notes(there: There, client: Mapping[str, Any]) -> Iterator[str]:
    if there.client is None:
        return
    tier = there.pool.tier
    if kept := kept_for_others(client, tier=tier):
        yield f"Left as it is, for others may share the app client: {'; '.join(kept)}. --strict changes that."
    if may_rotate(tier) and not rotates(there.client):
        yield (
            "Rotation is safe only when every application that shares the app client stores the new refresh token"
            " that each refresh brings."
        )
