"""From what is there and what is wanted to the calls that bridge them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .client import changes, kept_for_others, new_client, refuse_unfit, rotates, updated_client
from .domain import MANAGED_LOGIN, Domain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from .client import Wanted
    from .read import There

__all__ = ["NEW_CLIENT_ID", "Call", "Plan", "Step", "make_plan"]

NEW_CLIENT_ID = "(id of the new app client)"  # in parameters, until it is known


@dataclass(frozen=True, slots=True)
class Call:
    """One call that changes something.

    Parameters
    ----------
    operation : str
        The API's name of it.
    parameters : mapping of str to Any
        What it takes; `NEW_CLIENT_ID` stands for what an earlier call will answer.
    """

    operation: str
    parameters: Mapping[str, Any]


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
    """

    there: There
    client: Mapping[str, Any]
    steps: tuple[Step, ...]
    notes: tuple[str, ...]

    @property
    def client_id(self) -> str:
        """The app client's id, or `NEW_CLIENT_ID`."""
        return str(self.client.get("ClientId", NEW_CLIENT_ID))

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
    if there.client is None:
        client = new_client(there.pool.id, wanted)
    else:
        refuse_unfit(there.client, wanted, has_secret=there.has_secret)
        client = updated_client(there.client, wanted, members)
    steps = (*_domain_steps(there), _client_step(there, wanted, client), *_style_steps(there))
    return Plan(there, client, steps, (*_notes(there, client), *notes))


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
        text = f"{wanted.name} ({kind}; code grant only, rotating refresh tokens)"
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
    client_id = there.client["ClientId"] if there.client else NEW_CLIENT_ID
    parameters = {"UserPoolId": there.pool.id, "ClientId": client_id, "UseCognitoProvidedValues": True}
    text = "Cognito's own; without one the login page does not work"
    yield Step("+", "login style", text, {}, Call("CreateManagedLoginBranding", parameters))


def _notes(there: There, client: Mapping[str, Any]) -> Iterator[str]:
    if there.client is None:
        return
    if kept := kept_for_others(client):
        yield f"Left as it is, for others may share the app client: {'; '.join(kept)}. --strict changes that."
    if not rotates(there.client):
        yield (
            "Rotation is safe only when every application that shares the app client stores the new refresh token"
            " that each refresh brings."
        )
