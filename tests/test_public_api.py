"""The public names, and what importing them costs."""

import json
import subprocess
import sys

import pytest

import cognito_nb

HEAVY = ("httpx", "jwt", "ipywidgets", "anywidget", "jupyter_server", "tornado", "authlib", "cryptography")


def test_every_public_name_is_there():
    """Each name of `__all__` is loaded on first use."""
    for name in cognito_nb.__all__:
        assert getattr(cognito_nb, name) is not None


def test_public_name_stays_what_it_is_on_second_use():
    """No public name turns into the submodule it comes from."""
    for name in cognito_nb.__all__:
        assert getattr(cognito_nb, name) is getattr(cognito_nb, name)
        if name != "errors":
            assert type(getattr(cognito_nb, name)).__name__ != "module"


def test_unknown_name_is_an_attribute_error():
    """A misspelt name is told as usual."""
    with pytest.raises(AttributeError, match="logn"):
        _ = cognito_nb.logn


def test_dir_shows_public_names_only():
    """TAB after `cn.` shows what may be used."""
    assert set(dir(cognito_nb)) == set(cognito_nb.__all__)


@pytest.mark.parametrize(
    ("code", "forbidden"),
    [
        ("import cognito_nb", HEAVY),
        ("import cognito_nb; cognito_nb.errors", HEAVY),
        # What the kernel has loaded anyway (IPython, traitlets, tornado by ipykernel) is not ours
        ("import IPython.core.magic_arguments; import cognito_nb.magics", HEAVY),
        ("from cognito_nb.tokens.access import take_server_access; take_server_access()", HEAVY),
        ("import cognito_nb.session", ("requests", "httpx2", "pandas")),
        ("import cognito_nb.server.app", ("httpx", "jwt", "ipywidgets", "anywidget", "IPython", "cryptography")),
    ],
)
def test_import_loads_nothing_heavy(code, forbidden):
    """The package, its errors and `%load_ext` load no HTTP client, no JWT library, no widget and no server."""
    script = f"{code}\nimport json, sys\nprint(json.dumps([*filter(sys.modules.get, sorted(sys.modules))]))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = json.loads(run.stdout.splitlines()[-1])
    assert not [name for name in loaded if name.split(".")[0] in forbidden]
