"""What the checks find out for each other."""

import pytest

import cognito_nb as cn
from cognito_nb.doctor import case
from cognito_nb.doctor.case import Case

from .conftest import CALLBACK

COMMAND = "jupyter cognito setup"


@pytest.fixture
def case_of(transport):
    """A case of an app client at AWS, by a profile of this name."""

    def make(profile="dev", **settings):
        fields = {"user_pool_id": "eu-west-1_AbC123", "client_id": "abc", **settings}
        return Case(cn.CognitoConfig(profile=profile, **fields), transport, in_kernel=False)

    return make


@pytest.mark.parametrize(
    ("profile", "line"),
    [
        ("default", f"{COMMAND} --callback-url {CALLBACK}"),
        ("prod", f"{COMMAND} --profile prod --callback-url {CALLBACK}"),
        ("x; touch y #", f"{COMMAND} --profile 'x; touch y #' --callback-url {CALLBACK}"),
    ],
)
def test_registering_is_a_line_to_copy(case_of, profile, line):
    """A profile's name is that of a file that somebody else may have written: a shell takes it as one word."""
    assert case_of(profile).registering(CALLBACK).endswith(f": {line}")


def test_registering_quotes_the_callback_url(case_of):
    """It comes from the same file."""
    assert case_of().registering(f"{CALLBACK};id").endswith(f" --callback-url '{CALLBACK};id'")


def test_registering_elsewhere_than_at_aws_has_no_command(case_of):
    """A local pool is not set up by it."""
    examined = case_of(user_pool_id="local_Demo", issuer="http://127.0.0.1:9/local_Demo")
    assert COMMAND not in examined.registering(CALLBACK)


def test_time_for_questions_is_up_after_a_minute(case_of, monkeypatch):
    """It begins with the first question to the network: what was looked at before has a time of its own."""
    now, examined = [1000.0], case_of()
    monkeypatch.setattr(case.time, "monotonic", lambda: now[0])
    now[0] += 100
    assert not examined.time_is_up
    examined.start_questions()
    now[0] += 59
    assert not examined.time_is_up
    now[0] += 1
    assert examined.time_is_up
