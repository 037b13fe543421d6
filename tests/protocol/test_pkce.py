"""RFC 7636: the verifier's form and freshness, the S256 challenge."""

import re

import pytest

from cognito_nb.protocol.pkce import code_challenge, new_code_verifier
from cognito_nb.secret import Secret


@pytest.mark.holds("AR-03")
def test_code_challenge_is_that_of_appendix_b():
    """The RFC's verifier gives the RFC's challenge, without padding (AR-03)."""
    verifier = Secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert code_challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.holds("AR-02")
def test_new_code_verifier_has_the_length_and_alphabet_of_the_rfc():
    """43 to 128 unreserved characters (RFC 7636 §4.1)."""
    assert re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", new_code_verifier().reveal())


def test_new_code_verifier_never_repeats():
    """A thousand verifiers are a thousand values (AR-02)."""
    assert len({new_code_verifier().reveal() for _ in range(1000)}) == 1000
