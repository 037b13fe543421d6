"""The file through which a browser learns the start page's address, and nobody else does."""

import html
import os
import re
import stat
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest
from receivers.conftest import PATH

from cognito_nb.local_pool import DEMO_PASSWORD
from cognito_nb.receivers.loopback import _holding
from cognito_nb.receivers.redirect_file import RedirectFile

URL = "http://localhost:8888/cognito/start/AbC?opened=x&y"


def path_of(url):
    return Path(url2pathname(urlsplit(url).path))


def target_of(page):
    return html.unescape(re.search(r'content="0; url=(.*?)"', page)[1])


@pytest.mark.skipif(os.name == "nt", reason="file modes")
def test_only_its_user_can_read_it():
    """Neither the file nor its folder is open to the group or to others, whatever the umask."""
    before = os.umask(0)
    file = RedirectFile(URL)
    os.umask(before)
    path = path_of(file.url)
    assert [stat.S_IMODE(each.stat().st_mode) for each in (path, path.parent)] == [0o600, 0o700]
    file.remove()


def test_it_leads_to_the_address_and_hides_it_in_its_own():
    """The page goes on by itself; what a list of programs shows names the file alone."""
    file = RedirectFile(URL)
    assert target_of(path_of(file.url).read_text("utf-8")) == URL
    assert file.url.startswith("file:///")
    assert "AbC" not in file.url
    file.remove()


def test_nothing_of_it_is_left():
    """Once the sign-in has ended; a second removal does nothing."""
    file = RedirectFile(URL)
    file.remove()
    file.remove()
    assert not path_of(file.url).parent.exists()


@pytest.mark.browser
@pytest.mark.holds("SE-06")
def test_browser_goes_from_the_file_to_cognito(chromium, config, wait, pool):
    """To Chromium a file is another site (measured): it is not asked about, the same page's plain address is."""
    login = wait(config)
    plain = login.url  # once it is there, the port is open
    (receiver,) = _holding()
    context = chromium.new_context()
    page = context.new_page()
    for url, end in ((plain, "/cognito/start/"), (receiver.opening_url, pool.issuer.rpartition("/")[0])):
        file = RedirectFile(url)
        page.goto(file.url)
        page.wait_for_url(lambda at, end=end: end in at)
        file.remove()
        assert (page.title() == "Sign in from Jupyter? · Jupyter") == (url == plain)
    page.fill("input[name=username]", "ada")
    page.fill("input[type=password]", DEMO_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda at: PATH in at)
    context.close()
    assert login.result().user.username == "ada"
