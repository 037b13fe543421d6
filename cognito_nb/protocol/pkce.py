"""Proof Key for Code Exchange, S256 only (RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
import secrets

from ..secret import Secret

__all__ = ["code_challenge", "new_code_verifier"]


def new_code_verifier() -> Secret:
    """Return a fresh ``code_verifier``: 256 random bits in 43 unreserved characters (RFC 7636 §4.1, §7.1)."""
    return Secret(secrets.token_urlsafe(32))


def code_challenge(code_verifier: Secret) -> str:
    """Return the S256 ``code_challenge`` of a verifier, without padding (RFC 7636 §4.2)."""
    digest = hashlib.sha256(code_verifier.reveal().encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
