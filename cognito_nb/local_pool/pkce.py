"""RFC 7636 as Cognito does it: never required, never ``plain``."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError
from authlib.oauth2.rfc7636 import CodeChallenge

if TYPE_CHECKING:
    from authlib.oauth2.rfc6749 import BaseGrant

    from .issued import AuthorizationCode

__all__ = ["S256Challenge"]

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636 section 4.1


class S256Challenge(CodeChallenge):  # type: ignore[misc]  # Authlib is untyped
    """Extension of the grants at both endpoints."""

    def validate_code_challenge(self, grant: BaseGrant, redirect_uri: str) -> None:
        """Check the challenge of an authorization request."""
        data = grant.request.payload.data
        asks_for_pkce = "code_challenge" in data or "code_challenge_method" in data
        # Authlib takes a challenge without a method for `plain`
        if asks_for_pkce and data.get("code_challenge_method") != "S256":
            raise InvalidRequestError
        super().validate_code_challenge(grant, redirect_uri)

    def validate_code_verifier(self, grant: BaseGrant, _result: object) -> None:
        """Check the verifier of a token request."""
        code: AuthorizationCode = grant.request.authorization_code
        pool, verifier = grant.server.pool, grant.request.form.get("code_verifier", "")
        if code.code_challenge is None:
            if verifier and not pool.switches.needless_verifier_ignored:
                raise InvalidGrantError
            return
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=")
        sound = _VERIFIER.fullmatch(verifier) or not pool.switches.verifier_form_checked
        if not sound or not hmac.compare_digest(challenge, code.code_challenge.encode()):
            if pool.switches.wrong_verifier_uses_code:
                pool.use_code(code.code)
            raise InvalidGrantError
