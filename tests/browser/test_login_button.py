"""`cn.LoginButton()` and the card's buttons, in a real JupyterLab."""

import json
import re
from urllib.parse import urlsplit

import pytest
from lab import Lab, sign_in, write_notebook, write_settings

pytestmark = pytest.mark.browser


def test_login_button_signs_in_without_blocking_and_out_again(lab, server):
    """The button stands in an idle kernel's cell; a card takes its place, renews, signs out, and offers the button."""
    write_notebook(
        server.folder / "button.ipynb", "import cognito_nb as cn\ncn.LoginButton()", "cn.current_session().user"
    )
    lab.open("button.ipynb")
    lab.run(0)
    lab.wait_done(0)
    cell = lab.cell(0).locator(".jp-Cell-outputArea")
    page = lab.click_sign_in(0)
    cell.get_by_role("button", name="Cancel").wait_for()
    sign_in(page)
    cell.get_by_text("ada@example.com").wait_for()
    lab.run(1)
    assert "username='ada'" in lab.wait_done(1)

    cell.get_by_role("button", name="Refresh").click()
    lab.wait_for(lambda: cell.get_by_role("button", name="Refresh").is_enabled(), "the renewed session")
    cell.get_by_text(re.compile("min left")).wait_for()
    assert "Refreshing" not in cell.inner_text()
    cell.get_by_text("Renewed just now").wait_for()
    cell.get_by_role("button", name="Sign out").click()
    cell.get_by_role("button", name="Sign in again").click()
    page = lab.click_sign_in(0)
    page.get_by_label("Password").wait_for()
    sign_in(page, "linus")
    cell.get_by_text("linus@example.com").wait_for()


def test_login_button_can_be_cancelled_and_tried_again(lab, server):
    """Cancel withdraws the sign-in; Try again offers a new link, which works."""
    write_notebook(server.folder / "cancel-button.ipynb", "import cognito_nb as cn\ncn.LoginButton()")
    lab.open("cancel-button.ipynb")
    lab.run(0)
    lab.wait_done(0)
    cell = lab.cell(0).locator(".jp-Cell-outputArea")
    late = lab.click_sign_in(0)
    cell.get_by_role("button", name="Cancel").click()
    cell.get_by_text("withdrawn").wait_for()
    lab.screenshot("cancelled")
    sign_in(late)
    late.get_by_text("was withdrawn").wait_for()
    cell.get_by_role("button", name="Try again").click()
    lab.link(0).click()  # this browser has a session at Cognito by now, which asks for no password
    cell.get_by_text("ada@example.com").wait_for()


def test_card_signs_out_and_offers_the_browser_session_link(lab, server, pool):
    """The status card's Sign out revokes; its link ends the browser's session, and says so."""
    write_notebook(server.folder / "card.ipynb", "%load_ext cognito_nb", "%cognito_login", "%cognito_status", "cognito")
    lab.open("card.ipynb")
    for index in (0, 1):
        lab.run(index)
    sign_in(lab.click_sign_in(1))
    lab.wait_done(1)
    lab.run(2)
    cell = lab.cell(2).locator(".jp-Cell-outputArea")
    cell.get_by_role("button", name="Sign out").click()
    cell.get_by_text("Signed out").first.wait_for()
    assert "revoke" in [request.endpoint for request in pool.requests]
    lab.screenshot("signed-out")
    with lab.context.expect_page() as opened:
        cell.get_by_role("link").click()
    opened.value.get_by_text("signed out").first.wait_for()
    lab.run(3)
    assert "signed out" in lab.wait_done(3)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_renewed_link_takes_the_old_ones_place(profile, server, scheme):
    """A renewal changes the address and nothing else that is seen; the old link's page leads back to the button."""
    theme = {"theme": f"JupyterLab {scheme.title()}"}
    write_settings(server.home, {"@jupyterlab/apputils-extension/themes": theme})
    lab = Lab(profile(color_scheme=scheme), server, f"login-button-{scheme}")
    notebook = f"renewed-{scheme}.ipynb"
    write_notebook(
        server.folder / notebook,
        "import cognito_nb as cn\nfrom IPython.display import HTML\nbutton = cn.LoginButton()\nbutton",
        "button._renew()",
        "HTML(button._repr_mimebundle_()[0]['text/html'])",
    )
    lab.open(notebook)
    lab.run(0)
    link = lab.link(0)
    assert lab.cell(0).locator("[data-mime-type='text/html']").count() == 0  # the widget comes before its fallback
    old, node = link.get_attribute("href"), link.element_handle()
    before = lab.output(0)
    lab.run(1)
    lab.wait_for(lambda: link.get_attribute("href") != old, "the renewed link")
    assert (node.is_visible(), lab.output(0)) == (True, before)
    lab.run(2)
    lab.wait_done(2)
    fallback = lab.cell(2).get_by_role("link", name=re.compile("Sign in at"))
    assert urlsplit(fallback.get_attribute("href")).path == urlsplit(link.get_attribute("href")).path
    lab.screenshot("button-and-fallback")

    page = lab.context.new_page()
    page.goto(old)
    page.get_by_text("newest button").wait_for()
    lab.screenshot("superseded", page)
    sign_in(lab.click_sign_in(0))
    lab.cell(0).get_by_text("ada@example.com").wait_for()
    lab.cell(0).get_by_role("button", name="Sign out").click()
    lab.cell(0).get_by_text("takes the old access token until").wait_for()
    lab.screenshot("signed-out")


def test_saved_login_cell_makes_sense_without_widgets(lab, server):
    """While a sign-in waits, the file holds a link and what to do; once it has ended, neither link nor widget."""
    write_notebook(server.folder / "fallback.ipynb", "%load_ext cognito_nb", "%cognito_login")
    lab.open("fallback.ipynb")
    lab.run(0)
    lab.run(1)
    path = urlsplit(lab.link(1).get_attribute("href")).path
    (pending,) = json.loads(lab.save("fallback.ipynb"))["cells"][1]["outputs"]
    html = "".join(pending["data"]["text/html"])
    assert path in html
    assert not re.search("state=|code_challenge|nonce", json.dumps(pending))
    sign_in(lab.click_sign_in(1))
    lab.wait_done(1)
    saved = lab.save("fallback.ipynb")
    (ended,) = json.loads(saved)["cells"][1]["outputs"]
    assert set(ended["data"]) == {"text/html", "text/plain"}
    assert path not in saved
