"""What is known of AWS's names without asking AWS."""

import pytest

from cognito_nb.aws_names import unreadable_attributes


@pytest.mark.parametrize(
    ("scopes", "readable", "missing"),
    [
        (("openid", "email", "profile"), ["email"], ["email_verified"]),
        (("openid", "email", "phone"), ["name"], ["email", "email_verified", "phone_number", "phone_number_verified"]),
        (("openid", "profile"), ["name"], []),
        (("openid", "email"), ["email", "email_verified"], []),
        (("openid", "email"), [], []),
        (("openid", "email"), None, []),
    ],
)
def test_attributes_behind_a_scope_have_to_be_readable(scopes, readable, missing):
    """Those of email and phone; a list that is not set allows all."""
    assert unreadable_attributes(scopes, readable) == missing
