"""What card and button say by themselves, in each front end, when their kernel is gone."""

import re

import pytest
from browser.test_main_job import LOGIN
from lab import sign_in, write_notebook

pytestmark = pytest.mark.browser

GONE = "No live session here: run the cell again."


def restart(lab):
    """Choose Kernel → Restart Kernel…, as a person does."""
    lab.page.get_by_role("menuitem", name="Kernel", exact=True).click()
    lab.page.get_by_role("menuitem", name=re.compile("^Restart Kernel…")).click()
    lab.page.get_by_role("button", name="Confirm Kernel Restart").click()


def die(lab):
    """Let the kernel die; the server starts another."""
    lab.run(4)


def shut_down(lab):
    """Choose Kernel → Shut Down Kernel."""
    lab.page.get_by_role("menuitem", name="Kernel", exact=True).click()
    lab.page.get_by_role("menuitem", name="Shut Down Kernel", exact=True).click()


@pytest.mark.parametrize("end", [restart, die, shut_down])
@pytest.mark.parametrize("lab", ["lab", "notebook"], indirect=True)
def test_lost_kernel_takes_person_and_link_off_the_screen(lab, server, end):
    """Card and button of a kernel that is gone say so at once, without a click."""
    notebook = f"lost-{end.__name__}-{lab.front_end}.ipynb"
    write_notebook(
        server.folder / notebook,
        *LOGIN,
        "%cognito_status",
        "%cognito_login --no-wait --force",
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    )
    lab.open(notebook)
    lab.run(0)
    lab.wait_done(0)
    lab.run(1)
    sign_in(lab.click_sign_in(1))
    lab.wait_done(1)
    lab.run(2)
    lab.cell(2).get_by_text("ada@example.com").wait_for()
    lab.run(3)
    lab.link(3)

    end(lab)
    lab.cell(2).get_by_text(GONE).wait_for()
    lab.cell(3).get_by_text("This sign-in has ended.").wait_for()
    lab.screenshot("gone")
    assert "Ada" not in lab.output(2)
    assert lab.cell(3).get_by_role("link").count() == 0
