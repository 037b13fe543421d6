"""The token endpoint: whether the app client has a secret that the settings lack, and whether it may act for itself.

For a person's sign-in a made-up code is sent, without a secret: Cognito authenticates the client before it looks at
the code (RFC 6749 §5.2, ``invalid_client``). An app client that signs in for itself gets its token, as its settings
say; nobody uses it.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from ..errors import CognitoError, TokenResponseError
from ..protocol.pkce import new_code_verifier
from ..protocol.token import TOKEN_ENDPOINT, client_form_request, process_token_response
from ..tokens.keys import KeyCache
from ..tokens.user_pool import UserPool
from .finding import ok

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..protocol.metadata import Metadata
    from .case import Case
    from .finding import Finding

__all__ = ["check_token_endpoint"]


def check_token_endpoint(case: Case) -> Iterator[Finding]:
    """Ask the token endpoint what only it tells.

    Parameters
    ----------
    case : Case
        With the user pool's endpoints; without them nothing is asked.
    """
    if case.metadata is None or case.time_is_up:
        return
    if case.config.is_for_client:
        yield _grant(case, case.metadata)
    elif case.config.secret is None and "client_unknown" not in case.reported:
        yield from _made_up_code(case, case.metadata)


def _grant(case: Case, metadata: Metadata) -> Finding:
    """Run the grant as a sign-in does, and drop the token."""
    config, title = case.config, 'The app client\'s own access token (grant = "client_credentials")'
    if config.keeps_secret_in_keyring:
        return ok("grant", f"{title}: not tried, its secret stays in the keyring")
    pool = UserPool(config, case.transport, metadata, KeyCache(case.transport, metadata.jwks_uri))
    try:
        case.run(pool.ask_for_client())
    except CognitoError as error:
        case.reported.add(error.cause or "")
        return case.of_error("grant", title, error)
    return ok("grant", f"{title}: issued and valid; it is dropped")


def _made_up_code(case: Case, metadata: Metadata) -> Iterator[Finding]:
    """Say nothing but that a secret is wanted: any other answer is what such a code deserves."""
    client_id = case.config.client_id or ""
    form = {
        "grant_type": "authorization_code",
        "code": str(uuid.uuid4()),
        "redirect_uri": case.callbacks[0] if case.callbacks else "http://localhost",
        "code_verifier": new_code_verifier().reveal(),
    }
    request = client_form_request(
        TOKEN_ENDPOINT, metadata.token_endpoint, form, client_id=client_id, client_secret=None
    )
    try:
        answer = case.run(case.transport.send(request))
        process_token_response(answer, client_id=client_id, openid=False, refreshing=False)
    except TokenResponseError as error:
        if error.cause == "secret_missing":
            detail = (
                "The token endpoint wants a secret of this app client (invalid_client), and client_secret is not set."
            )
            yield case.found("secret", "Token request without a secret", "secret_missing", detail=detail)
    except CognitoError:
        return
