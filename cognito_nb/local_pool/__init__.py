"""A look-alike of an Amazon Cognito user pool on 127.0.0.1: for demos, examples and tests.

It shares no code with the client it is used to try out, so the two cannot agree by sharing a mistake. It is
no identity provider: users and keys live in memory, and its passwords are public.
"""

from __future__ import annotations

from importlib.util import find_spec

if find_spec("authlib") is None:
    # With the name of this package in it, `python -m cognito_nb.local_pool` prints one line and no traceback
    raise ImportError("the local user pool needs: pip install 'cognito_nb[local]'", name=__name__)

from .clients import AppClient
from .pool import Lifetimes, RecordedRequest
from .server import LocalUserPool
from .users import DEMO_PASSWORD, User

__all__ = ["DEMO_PASSWORD", "AppClient", "Lifetimes", "LocalUserPool", "RecordedRequest", "User"]
