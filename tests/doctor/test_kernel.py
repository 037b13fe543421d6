"""The doctor in a real kernel: what it finds there, and what a notebook gets to see."""

import os

import pytest
from kernels import Kernel


@pytest.fixture
def kernel(jupyter, tmp_path, start_pool):
    """A kernel of a Jupyter server, in a folder with settings whose callback URL is another path's."""
    callback = f"http://localhost:{jupyter.port}/base/cognito/callback"
    pool = start_pool(callback_urls=[callback])
    settings = {"user_pool_id": pool.user_pool_id, "issuer": pool.issuer, "client_id": pool.client_id}
    lines = [f'{name} = "{value}"' for name, value in settings.items()]
    text = "\n".join(["[profiles.dev]", *lines, f'redirect_uris = ["{callback}"]'])
    (tmp_path / "cognito.toml").write_text(text)
    outside = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    kernel = Kernel.start(environment={**outside, **jupyter.environment}, folder=tmp_path)
    yield kernel
    kernel.stop()


def test_notebook_shows_one_table(kernel, jupyter):
    """HTML and text, of a kernel that its server knows: only the callback URL is another one."""
    kernel.run("%load_ext cognito_nb")
    messages = kernel.run("from cognito_nb.doctor import show_in_notebook; show_in_notebook()", seconds=90)
    shown = [message["content"]["data"] for message in messages if message["msg_type"] == "display_data"]
    assert len(shown) == 1, messages
    assert shown[0]["text/html"].startswith("<table")
    lines = shown[0]["text/plain"].splitlines()
    assert "✓ Receiver: jupyter: this kernel's Jupyter server has the extension" in lines
    assert any(line.startswith("✓ Capability of the Jupyter server") for line in lines)
    assert [line.split(":")[0] for line in lines if line.startswith("✗")] == ["✗ Jupyter server at http"]
    assert f'"http://localhost:{jupyter.port}/cognito/callback"' in shown[0]["text/html"].replace("&quot;", '"')
