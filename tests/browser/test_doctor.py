"""What a person reads whose sign-in cannot work: the failed cell, the browser's page, and %cognito_doctor's table."""

import pytest
from lab import Lab, sign_in, start_jupyter, write_notebook, write_settings

from cognito_nb.causes import CAUSES
from cognito_nb.local_pool import AppClient, LocalUserPool

pytestmark = pytest.mark.browser


@pytest.fixture
def faulty(watched, tmp_path):
    """A JupyterLab whose app client may not read what its scopes open; nothing but a sign-in shows that."""
    server = start_jupyter(tmp_path)
    callback = f"{server.url}cognito/callback"
    with LocalUserPool(clients=[AppClient(callback_urls=[callback], read_attributes=["name"])]) as pool:
        (server.folder / "cognito.toml").write_text(
            f'[profiles.demo]\nissuer = "{pool.issuer}"\nuser_pool_id = "{pool.user_pool_id}"\n'
            f'client_id = "{pool.client_id}"\nredirect_uris = ["{callback}", "{callback}/"]\n'
        )
        yield server
    server.stop()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_failure_ends_the_search(faulty, profile, watched, scheme):
    """The cell says what happened, what was sent, the next step, the likely causes; the doctor names the URL."""
    theme = {"theme": f"JupyterLab {scheme.title()}"}
    write_settings(faulty.home, {"@jupyterlab/apputils-extension/themes": theme})
    lab = Lab(profile(color_scheme=scheme), faulty, f"doctor-{scheme}")
    write_notebook(faulty.folder / "fails.ipynb", "%load_ext cognito_nb", "%cognito_login", "%cognito_doctor")
    lab.open("fails.ipynb")
    lab.run(0)
    lab.wait_done(0)
    lab.run(1)
    page = lab.click_sign_in(1)
    sign_in(page)
    page.get_by_text(CAUSES["code_refused"].title).wait_for()
    lab.screenshot("page", page)
    cell = lab.wait_done(1)
    for text in (*CAUSES["code_refused"].likely, "Next step: ", "Sent: client_id="):
        assert text in " ".join(cell.split())
    lab.screenshot("cell")
    lab.run(2)
    table = lab.wait_done(2, 60)
    assert "1 failed" in table
    assert "redirect_mismatch" in table
    lab.screenshot("doctor")
    watched.assert_silent({"the notebook": lab.save("fails.ipynb")})
