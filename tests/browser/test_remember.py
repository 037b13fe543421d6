"""`remember = "server"` in a real JupyterLab: a kernel that is restarted, and a second notebook."""

import re

import pytest
from browser.test_main_job import LOGIN, places
from lab import Lab, sign_in, write_notebook, write_settings

pytestmark = pytest.mark.browser

CALL = "cognito.client(cognito.config.api_origins[0]).get('/me').json()['username']"


@pytest.fixture
def folder(server, request):
    """A folder of notebooks whose cognito.toml asks for it, with a profile of its own: the server forgets nothing."""
    name = re.sub(r"\W", "-", request.node.name.removeprefix("test_"))
    path = server.folder / name
    path.mkdir()
    settings = (server.folder / "cognito.toml").read_text().replace("[profiles.demo]", f"[profiles.{name}]")
    (path / "cognito.toml").write_text(f'{settings}remember = "server"\n')
    return path


def restart_and_run_all(lab):
    """Choose Kernel → Restart Kernel and Run All Cells, as a person does."""
    lab.page.get_by_role("menuitem", name="Kernel", exact=True).click()
    lab.page.get_by_role("menuitem", name="Restart Kernel and Run All Cells").click()
    lab.page.get_by_role("button", name="Confirm Kernel Restart").click()


def test_restarted_kernel_signs_in_without_a_click(lab, server, pool, watched, folder):
    """Sign in once; after a restart Run All goes through, and no page of the user pool is asked for."""
    notebook = f"{folder.name}/restart.ipynb"
    write_notebook(server.folder / notebook, *LOGIN, CALL, "%cognito_status")
    lab.open(notebook)
    lab.run(0)
    lab.run(1)
    sign_in(lab.click_sign_in(1))
    assert "Signed in as Ada" in lab.wait_done(1)
    asked = [request.endpoint for request in pool.requests].count("authorize")

    restart_and_run_all(lab)
    lab.wait_for(lambda: "'ada'" in lab.output(2), "the call after the restart")
    assert "Signed in as Ada Lovelace" in lab.output(1)
    assert lab.cell(1).get_by_role("link", name=re.compile("Sign in")).count() == 0
    lab.cell(3).get_by_text("ada@example.com").wait_for()
    assert lab.errors() == []
    assert [request.endpoint for request in pool.requests].count("authorize") == asked
    lab.screenshot("restarted")
    watched.assert_silent(places(server, lab.save(notebook)))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_second_notebook_waits_for_the_first(profile, server, folder, scheme):
    """It says what it waits for, goes on once somebody has signed in there, and ends with that session."""
    write_settings(server.home, {"@jupyterlab/apputils-extension/themes": {"theme": f"JupyterLab {scheme.title()}"}})
    context = profile(color_scheme=scheme)
    first, second = (Lab(context, server, f"remember-{scheme}") for _ in range(2))
    for lab, name in ((first, "first"), (second, "second")):
        write_notebook(folder / f"{name}.ipynb", *LOGIN, CALL, "%cognito_logout", "%cognito_status")
        lab.open(f"{folder.name}/{name}.ipynb", f"{server.url}doc/tree/{folder.name}/{name}.ipynb?token={server.token}")
        lab.run(0)
        lab.wait_done(0)
    first.run(1)
    first.link(1)
    second.run(1)
    second.wait_for(lambda: "Another notebook is signing in" in second.output(1), "the waiting state")
    second.screenshot("waiting")

    sign_in(first.click_sign_in(1))
    for lab in (first, second):
        assert "Signed in as Ada Lovelace" in lab.wait_done(1)
    second.screenshot("signed-in")
    second.run(4)
    second.cell(4).get_by_text("ada@example.com").wait_for()
    first.run(3)
    assert "Signed out" in first.wait_done(3)
    second.cell(4).get_by_text(re.compile("Signed out")).first.wait_for()  # the card follows
    second.run(2)
    assert "You signed out in another notebook." in second.wait_done(2)
    second.screenshot("ended")
