"""What is installed with the package: new enough to be without the known holes, and nothing unknown."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PROJECT = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))["project"]
REQUIRED = {requirement.name: requirement for requirement in map(Requirement, PROJECT["dependencies"])}


@pytest.mark.refused("CF-12")
@pytest.mark.parametrize(
    ("package", "too_old"),
    [("pyjwt", "2.12.99"), ("jupyter_server", "2.17.99"), ("tornado", "6.5.4"), ("httpx", "0.27.2"), ("httpx", "1.0")],
)
def test_installer_refuses_versions_with_known_holes(package, too_old):
    """The fixes of the CVEs are in the least versions; httpx's next interface is not taken unseen (CF-12)."""
    assert not REQUIRED[package].specifier.contains(too_old)


@pytest.mark.accepted("CF-12")
@pytest.mark.parametrize(
    ("package", "good"), [("pyjwt", "2.13"), ("jupyter_server", "2.18"), ("tornado", "6.5.5"), ("httpx", "0.28.1")]
)
def test_installer_takes_the_first_version_without_them(package, good):
    """No newer one than it must be."""
    assert REQUIRED[package].specifier.contains(good)


@pytest.mark.holds("CF-13")
def test_cryptography_is_installed_with_pyjwt():
    """PyJWT alone verifies no RS256 (CF-13)."""
    assert REQUIRED["pyjwt"].extras == {"crypto"}
