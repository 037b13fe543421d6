"""`cn.LoginButton()` and the card's buttons, in a real JupyterLab."""

import re

import pytest
from lab import sign_in, write_notebook

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
