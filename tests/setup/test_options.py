"""The options of `jupyter cognito setup`: what is wrong is told by the parser, with exit code 2."""

import argparse
import subprocess
import sys

import pytest

from cognito_nb.config import DEFAULT_SCOPES
from cognito_nb.setup.options import add_arguments


def parsed(*arguments):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--hub", "http://hub.example.org"],
        ["--hub", "https://hub.example.org/?next"],
        ["--hub", "https://hub.example.org", "--hub", "https://other.example.org"],
        ["--callback-url", "no-url"],
        ["--callback-url", "https://a/#fragment"],
        ["--api-origin", "https://api.example.com/v1"],
        ["--profile", "a b"],
        ["--profile", ""],
        ["--login-version", "3"],
        ["--format", "terraform"],
        ["--scope", "openid email"],
        ["--scope", ""],
    ],
)
def test_wrong_value_is_exit_code_2(arguments, capsys):
    """URLs that Cognito would refuse, and names that a file cannot have, end before anything starts."""
    with pytest.raises(SystemExit) as ended:
        parsed(*arguments)
    assert ended.value.code == 2
    assert arguments[0] in capsys.readouterr().err


@pytest.mark.parametrize("hub", ["https://hub.example.org", "https://hub.example.org/", "https://hub.example.org/hub/"])
def test_hub_is_its_base_however_it_is_written(hub):
    """The address that people see in their browser will do."""
    assert parsed("--hub", hub).hub == "https://hub.example.org"


def test_profile_is_not_named_unless_somebody_does():
    """Which one counts is a matter of the file and the environment, as everywhere in the package."""
    assert parsed().profile is None


def test_help_names_the_scopes_of_the_settings():
    """What setup enables without being asked is what a notebook asks for; the help text says which."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert f"default: {' '.join(DEFAULT_SCOPES)}" in " ".join(parser.format_help().split())


def test_options_load_neither_boto3_nor_the_settings():
    """Every command line is built with the options of `setup`, so they cost nothing."""
    script = (
        "import argparse, sys; from cognito_nb.setup import run; from cognito_nb.setup.options import add_arguments;"
        "import cognito_nb.aws_api; add_arguments(argparse.ArgumentParser());"
        "print([m for m in ('boto3', 'botocore', 'httpx', 'cognito_nb.config') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
