"""A plan as a CloudFormation template (AWS::Cognito::UserPoolDomain, UserPoolClient, ManagedLoginBranding). Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .plan import Plan

__all__ = ["as_template"]

_DOMAIN, _CLIENT, _STYLE = "NotebooksDomain", "NotebooksClient", "NotebooksLoginStyle"


def as_template(plan: Plan) -> str:
    """Return a template, as JSON, which CloudFormation reads like YAML.

    It has what is to be created, and the app client. One that exists has to be imported into the stack first; it is
    retained when the stack goes, for it was not the stack's.

    Parameters
    ----------
    plan : Plan
        What is to be done.

    Raises
    ------
    ConfigurationError
        If a text of it would have CloudFormation fetch something.
    """
    _refuse_references(plan.client)
    made = {call.operation: dict(call.parameters) for call in plan.calls}
    properties = {"GenerateSecret": plan.there.has_secret, **plan.client}
    properties.pop("ClientId", None)
    resource: dict[str, Any] = {"Type": "AWS::Cognito::UserPoolClient", "Properties": properties}
    resources: dict[str, Any] = {}
    if domain := made.get("CreateUserPoolDomain"):
        resources[_DOMAIN] = {"Type": "AWS::Cognito::UserPoolDomain", "Properties": domain}
        resource["DependsOn"] = _DOMAIN  # an app client older than the domain has been seen to be refused
    if plan.there.client:
        resource |= {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    resources[_CLIENT] = resource
    if style := made.get("CreateManagedLoginBranding"):
        properties = {**style, "ClientId": {"Ref": _CLIENT}}
        resources[_STYLE] = {"Type": "AWS::Cognito::ManagedLoginBranding", "Properties": properties}
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Sign-in from Jupyter notebooks (cognito_nb)",
        "Resources": resources,
        "Outputs": {"ClientId": {"Value": {"Ref": _CLIENT}, "Description": "client_id in cognito.toml"}},
    }
    return json.dumps(template, indent=2)


def _refuse_references(client: Mapping[str, Any]) -> None:
    """Refuse dynamic references ("Get values stored in other services", CloudFormation user guide).

    A file that somebody else wrote could register an address that holds one of the account's secrets.
    """
    if name := next((name for name, value in client.items() if "{{" in json.dumps(value)), None):
        raise ConfigurationError(
            f"{name} of the app client holds {{{{, which CloudFormation would replace by a value of its own.",
            hint="Look at it in the file and in the Cognito console, and take it out.",
        )
