"""The house rules that tools check: style, types, floors, coverage of the protocol, and that the docs are true."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check"],
        ["ruff", "format", "--check"],
        ["mypy"],
        ["lint-imports", "--no-cache"],
    ],
    ids=" ".join,
)
def test_tool_finds_nothing(command):
    """Linter, formatter, type checker and import-linter have no complaint."""
    run = subprocess.run([BIN / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_protocol_has_full_branch_coverage(tmp_path):
    """Each branch of the pure core is reached by its own tests; not by chance, so those of any input stay out."""
    command = [
        *(sys.executable, "-m", "pytest", "tests/protocol", "-q", "-p", "no:cacheprovider"),
        *("--ignore-glob=*_properties.py", "--ignore-glob=*test_any_bytes.py"),
        *("--cov=cognito_nb.protocol", "--cov-branch", "--cov-report=term-missing", "--cov-fail-under=100"),
    ]
    environment = {"COVERAGE_FILE": str(tmp_path / "coverage"), "PATH": str(BIN), "HOME": str(tmp_path)}
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    assert run.returncode == 0, run.stdout + run.stderr


def test_files_stay_small():
    """A file of over 300 lines holds two things."""
    long = {
        str(path.relative_to(ROOT)): lines
        for pattern in ("*.py", "*.js")
        for path in (ROOT / "cognito_nb").rglob(pattern)
        if (lines := len(path.read_text("utf-8").splitlines())) > 300
    }
    assert not long


def test_readme_and_ci_run_the_same_test_command():
    """What CI runs is what the README tells people to run."""
    command = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()[-1]
    assert command.endswith("-m pytest")
    assert f"```sh\n{command}\n```" in (ROOT / "README.md").read_text("utf-8")


def test_contributing_names_every_module():
    """The tree in CONTRIBUTING shows each module and package of the top level."""
    tree = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    for path in (ROOT / "cognito_nb").iterdir():
        if path.suffix == ".py" or (path / "__init__.py").exists():
            name = path.name if path.suffix else f"{path.name}/"
            assert re.search(rf"^[├└]── {re.escape(name)}", tree, re.MULTILINE), name


def test_readme_lists_every_setting():
    """No setting is undocumented; those that come with later versions are not promised."""
    from cognito_nb.config import SETTINGS

    readme = (ROOT / "README.md").read_text("utf-8")
    later = {"identity_pool_id"}
    assert not [name for name in SETTINGS if f"`{name}`" not in readme and name not in later]
