"""A plan as a CloudFormation template (AWS::Cognito::UserPoolDomain, UserPoolClient, ManagedLoginBranding). Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    """
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
    return json.dumps(template, indent=2, ensure_ascii=False)
