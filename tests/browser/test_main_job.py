"""The main job in a real JupyterLab, with a real kernel and a real browser."""

import re
import shutil
from pathlib import Path

import pytest
from lab import Lab, sign_in, write_notebook, write_settings

pytestmark = pytest.mark.browser

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LOGIN = ("%load_ext cognito_nb", "%cognito_login")


@pytest.mark.parametrize("lab", ["lab", "notebook"], indirect=True)
@pytest.mark.holds("NL-15")
def test_login_cell_signs_in_calls_the_api_and_signs_out(lab, server, pool, watched):
    """The whole story: wrong password, right password, card, API call, sign out, and the password again."""
    notebook = f"main-{lab.front_end}.ipynb"  # a kernel of its own
    write_notebook(
        server.folder / notebook,
        *LOGIN,
        "api = cognito.client(cognito.config.api_origins[0])\napi.get('/me').json()['username']",
        "%cognito_status",
        "%cognito_logout",
        "%cognito_login",
    )
    lab.open(notebook)
    lab.run(0)
    lab.wait_done(0)
    lab.run(1)
    link = lab.link(1)
    assert pool.domain.removeprefix("http://") in link.inner_text()
    assert not re.search("state|code|challenge|client_id", link.get_attribute("href"))
    lab.screenshot("button")

    page = lab.click_sign_in(1)
    assert page.url.startswith(pool.domain)
    lab.wait_for(lambda: "Waiting" in lab.output(1), "the waiting state")
    lab.screenshot("waiting")
    sign_in(page, password="not-the-password")
    page.get_by_text("Incorrect username or password.").wait_for()
    lab.screenshot("wrong-password", page)
    sign_in(page)
    lab.wait_for(page.is_closed, "the tab to close itself")

    assert "Signed in as Ada Lovelace" in lab.wait_done(1)
    assert "example.com" not in lab.output(1)
    lab.screenshot("signed-in")
    lab.run(2)
    assert "'ada'" in lab.wait_done(2)
    lab.run(3)
    lab.wait_done(3)
    card = lab.cell(3).locator(".jp-Cell-outputArea")
    card.get_by_text("ada@example.com").wait_for()
    card.get_by_text(re.compile(r"\d+ min left")).wait_for()
    lab.screenshot("card")
    lab.run(4)
    assert "Signed out" in lab.wait_done(4)
    lab.screenshot("signed-out")
    lab.run(5)
    page = lab.click_sign_in(5)
    page.get_by_label("Password").wait_for()  # the browser's Cognito session alone does not sign in again
    sign_in(page, "grace")
    assert "Signed in as Grace Hopper" in lab.wait_done(5)

    saved = lab.save(notebook)
    watched.assert_silent(places(server, saved))


@pytest.mark.holds("AR-10")
@pytest.mark.holds("NL-04")
def test_saved_widget_state_holds_no_secret_and_no_person(profile, server, pool, watched, request):
    """With "Save Widget State Automatically" on, the file holds neither protocol data nor the card's facts."""
    lab = Lab(profile(), server, request.node.name)
    write_notebook(server.folder / "state.ipynb", *LOGIN, "%cognito_status")
    write_settings(server.home, {"@jupyter-widgets/jupyterlab-manager/plugin": {"saveState": True}})
    lab.open("state.ipynb")
    lab.run(0)
    lab.wait_done(0)
    lab.run(1)
    lab.link(1)
    pending = lab.save("state.ipynb")
    sign_in(lab.click_sign_in(1))
    lab.wait_done(1)
    lab.run(2)
    lab.wait_done(2)
    lab.cell(2).get_by_text("ada@example.com").wait_for()
    saved = lab.save("state.ipynb")
    assert "application/vnd.jupyter.widget-state+json" in saved
    assert "ada@example.com" not in saved
    watched.assert_silent(places(server, saved, pending))


def test_run_all_waits_for_the_sign_in(lab, server):
    """Run All of the tutorial stops at the login cell until somebody has signed in, and then runs on."""
    shutil.copy(NOTEBOOKS / "01_sign_in.ipynb", server.folder)
    lab.open("01_sign_in.ipynb")
    lab.run_all()
    page = lab.click_sign_in(1)
    assert lab.cell(2).locator(".jp-InputPrompt").inner_text().strip() == "[*]:"
    sign_in(page)
    lab.wait_done(5, 60)
    assert "username='ada'" in lab.output(2)
    assert re.search(r"[A-Z]{2} +[\d,]+\.\d\d", lab.output(4))
    lab.cell(5).get_by_text("ada@example.com").wait_for()
    assert lab.page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').count() == 0


def test_cancel_at_the_hosted_ui_ends_the_cell(lab, server):
    """Cancel on the sign-in page comes back as an error with its next step, and the tab says so."""
    write_notebook(server.folder / "cancel.ipynb", *LOGIN)
    lab.open("cancel.ipynb")
    lab.run(0)
    lab.run(1)
    page = lab.click_sign_in(1)
    page.get_by_text("Cancel").click()
    output = lab.wait_done(1)
    assert "AuthorizationResponseError" in output
    assert "access_denied" in output
    assert "Likely cause: Somebody chose Cancel on the sign-in page" in output
    assert "%cognito_login" in output
    assert "Sent:" not in output  # nothing that was sent has to do with it
    page.get_by_text("cancelled").first.wait_for()
    assert "error=" not in page.url
    lab.screenshot("cell")
    lab.screenshot("page", page)


def test_timeout_ends_the_cell_and_the_link_is_dead(lab, server):
    """Without an answer the cell ends by itself; its start page then says that the sign-in is over."""
    write_notebook(server.folder / "timeout.ipynb", LOGIN[0], "%cognito_login --timeout 4")
    lab.open("timeout.ipynb")
    lab.run(0)
    lab.run(1)
    href = lab.link(1).get_attribute("href")
    output = lab.wait_done(1)
    assert "SignInTimeoutError" in output
    assert "Traceback" not in output
    assert "redirect_mismatch" in output
    assert "%cognito_doctor" in output
    page = lab.context.new_page()
    page.goto(href)
    page.get_by_text("was withdrawn").wait_for()
    lab.screenshot("page", page)


@pytest.mark.refused("CB-32")
def test_interrupt_ends_the_cell_and_withdraws(lab, server):
    """The kernel's interrupt ends a waiting login at once and leaves no pending sign-in behind."""
    write_notebook(server.folder / "interrupt.ipynb", *LOGIN, "1 + 1")
    lab.open("interrupt.ipynb")
    lab.run(0)
    lab.run(1)
    href = lab.link(1).get_attribute("href")
    page = lab.click_sign_in(1)
    lab.interrupt()
    output = lab.wait_done(1, 5)
    assert "Not signed in · interrupted" in output
    assert "KeyboardInterrupt: the sign-in was withdrawn." in output
    lab.run(2)
    assert "2" in lab.wait_done(2)
    sign_in(page)  # too late: the answer reaches nobody
    page.get_by_text("was withdrawn").wait_for()
    again = lab.context.new_page()
    again.goto(href)
    again.get_by_text("was withdrawn").wait_for()


@pytest.mark.refused("CB-06")
def test_second_tab_of_a_used_link_says_only_that(lab, server):
    """Signed in in both tabs of one link: the first one counts, and the other can be closed."""
    write_notebook(server.folder / "twice.ipynb", *LOGIN)
    lab.open("twice.ipynb")
    lab.run(0)
    lab.run(1)
    first = lab.click_sign_in(1)
    second = lab.context.new_page()
    second.goto(first.url)
    sign_in(first)
    lab.wait_done(1)
    sign_in(second)
    second.get_by_text("This sign-in was used already").wait_for()
    lab.screenshot("used", second)
    assert second.get_by_role("main").inner_text() == "This sign-in was used already\n\nYou can close this tab."


@pytest.mark.refused("AR-08")
def test_another_browser_cannot_take_over_a_sign_in(lab, profile, server, pool):
    """A sign-in that one browser has started is refused in another, and nothing is exchanged."""
    write_notebook(server.folder / "other.ipynb", *LOGIN)
    lab.open("other.ipynb")
    lab.run(0)
    lab.run(1)
    href = lab.link(1).get_attribute("href")
    page = lab.click_sign_in(1)
    authorization_url = page.url.replace("/login?", "/oauth2/authorize?")
    exchanges = len([request for request in pool.requests if request.endpoint == "token"])

    other = profile()
    start = other.new_page()
    start.goto(f"{href}?token={server.token}")
    start.get_by_text("another browser").first.wait_for()
    lab.screenshot("start-page", start)
    victim = other.new_page()
    victim.goto(authorization_url)  # a link sent by mail
    sign_in(victim)
    victim.get_by_text("another browser").or_(victim.get_by_text("unknown")).first.wait_for()
    lab.screenshot("callback-page", victim)
    assert len([request for request in pool.requests if request.endpoint == "token"]) == exchanges

    sign_in(page)
    assert "Signed in as Ada" in lab.wait_done(1)


@pytest.mark.refused("CB-29")
def test_unregistered_address_is_named_before_cognito_is_asked(lab, server, pool):
    """Opened under an unregistered name, the start page shows the exact URL and links to the registered name."""
    write_notebook(server.folder / "address.ipynb", *LOGIN)
    lab.open("address.ipynb")
    lab.run(0)
    lab.run(1)
    href = lab.link(1).get_attribute("href").replace("localhost", "127.0.0.1")
    page = lab.context.new_page()
    page.goto(f"{href}?token={server.token}")
    page.get_by_text(f"{server.url.replace('localhost', '127.0.0.1')}cognito/callback").wait_for()
    lab.screenshot("page", page)
    page.get_by_role("link", name=re.compile("localhost")).click()
    page.get_by_role("link", name="Go on to the sign-in").click()  # to the browser this is another site
    sign_in(page)
    assert "Signed in as Ada" in lab.wait_done(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_views_in_both_themes(profile, server, scheme):
    """Pictures of button, card and pages, for a person's eye; the texts are there in both themes."""
    theme = {"theme": f"JupyterLab {scheme.title()}"}
    write_settings(server.home, {"@jupyterlab/apputils-extension/themes": theme})
    lab = Lab(profile(color_scheme=scheme), server, f"theme-{scheme}")
    write_notebook(server.folder / f"theme-{scheme}.ipynb", *LOGIN, "%cognito_status", "%cognito_logout")
    lab.open(f"theme-{scheme}.ipynb")
    light = lab.page.locator("body").get_attribute("data-jp-theme-light")
    assert light == ("true" if scheme == "light" else "false")
    lab.run(0)
    lab.run(1)
    lab.link(1)
    lab.screenshot("button")
    page = lab.click_sign_in(1)
    lab.screenshot("sign-in-page", page)
    lab.wait_for(lambda: "Waiting" in lab.output(1), "the waiting state")
    lab.screenshot("waiting")
    sign_in(page)
    lab.wait_done(1)
    lab.run(2)
    lab.cell(2).get_by_text("ada@example.com").wait_for()
    lab.screenshot("card")
    lab.run(3)
    lab.wait_done(3)
    lab.screenshot("signed-out")


def test_pictures_of_the_readme(profile, server):
    """The README's pictures: the button, and the session that it leads to."""
    write_settings(server.home, {"@jupyterlab/apputils-extension/themes": {"theme": "JupyterLab Light"}})
    context = profile(device_scale_factor=2)
    lab = Lab(context, server)
    write_notebook(
        server.folder / "orders.ipynb",
        *LOGIN,
        "api = cognito.client(cognito.config.api_origins[0])\n"
        "[order['total'] for order in api.get('/orders').json()['items'][:5]]",
        "%cognito_status",
    )
    lab.page.set_viewport_size({"width": 1000, "height": 600})
    lab.open("orders.ipynb")
    lab.run(0)
    lab.run(1)
    lab.link(1)
    lab.picture("readme-button", last=1)
    sign_in(lab.click_sign_in(1))
    lab.wait_done(1)
    for index in (2, 3):
        lab.run(index)
        lab.wait_done(index)
    lab.cell(3).get_by_text("ada@example.com").wait_for()
    lab.picture("readme-session", last=3)


def places(server, *notebooks):
    """Return what must hold no secret: notebooks, the server's log, kernels' history, files under HOME."""
    found = {f"notebook {number}": text for number, text in enumerate(notebooks)}
    found["server log"] = server.log
    for path in server.home.rglob("*"):
        if path.is_file() and "/runtime/" not in str(path):
            found[str(path)] = path.read_bytes()
    assert any("history.sqlite" in name for name in found), "there is no kernel history to search"
    return found
