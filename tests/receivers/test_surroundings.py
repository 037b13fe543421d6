"""Where a kernel runs: each row of the table by its own facts."""

import pytest

from cognito_nb.receivers.surroundings import ELSEWHERE, sign_of_elsewhere

SCREEN = {"DISPLAY": ":0"}


def place(environ, root, platform="linux"):
    sign = sign_of_elsewhere(environ, platform=platform, root=root)
    return sign and sign.place


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("COLAB_RELEASE_TAG=release-colab", "Google Colab"),
        ("COLAB_BACKEND_VERSION=next", "Google Colab"),
        ("KAGGLE_KERNEL_RUN_TYPE=Interactive", "Kaggle"),
        ("SAGEMAKER_DOMAIN_ID=d-1", "Amazon SageMaker"),
        ("SAGEMAKER_SPACE_NAME=mine", "Amazon SageMaker"),
        ("DATABRICKS_RUNTIME_VERSION=15.4", "Databricks"),
        ("DEEPNOTE_PROJECT_ID=1", "Deepnote"),
        ("BINDER_SERVICE_HOST=mybinder.org", "Binder"),
        ("BINDER_REPO_URL=https://github.com/a/b", "Binder"),
        ("CODESPACES=true", "GitHub Codespaces"),
        ("GITPOD_WORKSPACE_ID=1", "Gitpod"),
        ("KERNEL_GATEWAY=1", "a kernel gateway"),
        ("JUPYTERHUB_API_TOKEN=t", "a JupyterHub whose servers lack the cognito_nb extension"),
        ("REMOTE_CONTAINERS=true", "a VS Code dev container"),
        ("VSCODE_AGENT_FOLDER=/home/ada/.vscode-server", "VS Code's remote server"),
        ("SSH_CONNECTION=192.0.2.1 5 192.0.2.2 22", "an SSH session"),
        ("SSH_CLIENT=192.0.2.1 5 22", "an SSH session"),
        ("SSH_TTY=/dev/pts/0", "an SSH session"),
        ("KUBERNETES_SERVICE_HOST=10.0.0.1", "Kubernetes"),
    ],
)
def test_place_by_a_variable(tmp_path, variable, expected):
    """One variable is enough, on every platform and with a screen."""
    name, _, value = variable.partition("=")
    assert place({**SCREEN, name: value}, tmp_path) == expected
    assert place({name: value}, tmp_path, "darwin") == expected


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("opt/ml/metadata/resource-metadata.json", "Amazon SageMaker"),
        (".dockerenv", "a container"),
        ("run/.containerenv", "a container"),
    ],
)
def test_place_by_a_file(tmp_path, file, expected):
    """A file of the machine's is enough."""
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).touch()
    assert place(SCREEN, tmp_path) == expected


def test_every_row_has_its_test():
    """No fact of the table goes without one of the two tests above."""
    tested = [mark.args[1] for test in (test_place_by_a_variable, test_place_by_a_file) for mark in test.pytestmark]
    facts = {fact for rows in tested for fact, _ in rows}
    for sign in ELSEWHERE:
        assert all(any(fact.startswith(variable) for fact in facts) for variable in sign.variables), sign
        assert facts.issuperset(sign.files), sign


@pytest.mark.parametrize(
    ("environ", "platform"),
    [
        ({"DISPLAY": ":0"}, "linux"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux"),
        ({"WSL_DISTRO_NAME": "Ubuntu"}, "linux"),
        ({}, "darwin"),
        ({}, "win32"),
        ({"DISPLAY": ":0", "CODESPACES": "false", "REMOTE_CONTAINERS": ""}, "linux"),
    ],
)
def test_users_own_machine(tmp_path, environ, platform):
    """A screen, and no sign of another place."""
    assert place(environ, tmp_path, platform) is None


def test_machine_without_a_screen(tmp_path):
    """A Linux server has no browser, though nothing else gives it away."""
    assert place({}, tmp_path) == "a machine without a screen"


def test_first_row_that_applies_names_the_place(tmp_path):
    """The product is told rather than the container that it runs in."""
    (tmp_path / ".dockerenv").touch()
    assert place({"CODESPACES": "true"}, tmp_path) == "GitHub Codespaces"
