"""LoginButton over a real Jupyter server and a local user pool; the test decides when its timer goes off."""

import pytest
from lab import wait_for
from sockets import free_ports

import cognito_nb as cn
from cognito_nb import login_button, receivers, registry
from cognito_nb.errors import SignInTimeoutError
from cognito_nb.sign_in import MAX_TIMEOUT
from cognito_nb.tokens.access import take_server_access
from cognito_nb.wire import ENV_SERVER_URL

from .conftest import config_of


class Timers(list):
    """Stands in for `threading.Timer`; keeps those that are armed."""

    def __call__(self, seconds, call):
        self.append(timer := Timer(self, seconds, call))
        return timer

    def go_off(self):
        (timer,) = self
        self.remove(timer)
        timer.call()


class Timer:
    def __init__(self, timers, seconds, call):
        self.timers, self.seconds, self.call = timers, seconds, call

    def start(self):
        assert self.daemon

    def cancel(self):
        if self in self.timers:
            self.timers.remove(self)


@pytest.fixture
def timers(monkeypatch):
    monkeypatch.setattr(login_button, "Timer", timers := Timers())
    return timers


@pytest.fixture
def button(config, timers):
    button = cn.LoginButton(config=config)
    yield button
    button.close()


def url_of(button):
    """Return the link that the button offers."""
    (child,) = button.children
    return child.view.get("start_url")


def shown(button):
    return [type(child).__name__ for child in button.children]


def test_button_signs_in(button, browser):
    """A visit to its link makes the profile's session, and a card takes the button's place."""
    browser.visit(url_of(button))
    wait_for(lambda: shown(button) == ["SessionCard"], "the card", 10)
    assert cn.current_session().user.username == "ada"


def test_link_is_renewed_while_ten_minutes_are_left(button, browser, timers):
    """The same button shows a fresh link; the old one's page says where to find it, and the fresh one works."""
    old, child, view = url_of(button), button.children[0], button.children[0].view
    assert timers[0].seconds == MAX_TIMEOUT - 600
    views = []
    child.observe(lambda change: views.append(change["new"]["state"]), "view")
    timers.go_off()
    assert (button.children, views) == ((child,), ["waiting"])
    assert child.view["start_path"] != view["start_path"]
    page = browser.get(old)
    assert page.status == 410
    assert "use the link that its newest button has now" in page.text
    browser.visit(url_of(button))
    wait_for(lambda: shown(button) == ["SessionCard"], "the card", 10)
    assert timers == []


def test_fresh_link_has_protocol_data_of_its_own(button, browser, timers):
    """State, nonce and code challenge are those of one sign-in only."""
    browser.start(url_of(button))
    (first,) = browser.authorization_urls
    button._offer()
    browser.start(url_of(button))
    second = browser.authorization_urls[-1]
    for name in ("state=", "nonce=", "code_challenge="):
        values = [url.partition(name)[2].partition("&")[0] for url in (first, second)]
        assert values[0] != values[1]


def test_link_in_use_is_left_alone_until_its_sign_in_ends(button, browser, timers):
    """Whoever is at Cognito's page finishes there, though the time to renew has come."""
    url = url_of(button)
    authorization_url = browser.start(url)
    timers.go_off()
    assert (url_of(button), timers) == (url, [])
    browser.come_back(browser.pool.sign_in(authorization_url, "ada", browser.password))
    wait_for(lambda: shown(button) == ["SessionCard"], "the card", 10)


def test_abandoned_sign_in_is_followed_by_a_fresh_link(config, browser, timers, monkeypatch):
    """Somebody went to Cognito's page and did not finish in time: the button offers a link again, and no error."""
    monkeypatch.setattr(login_button, "MAX_TIMEOUT", 1.0)
    button = cn.LoginButton(config=config)
    url = url_of(button)
    browser.start(url)
    timers.go_off()
    assert timers == []
    wait_for(lambda: [timer.seconds for timer in timers] == [0], "the end of the sign-in", 10)
    timers.go_off()
    assert url_of(button) not in {None, url}
    button.close()


def test_sign_in_that_the_server_has_dropped_is_renewed(button, timers):
    """A kernel that was asleep finds its sign-in gone: the button offers a fresh link."""
    url, offer = url_of(button), button._newest
    timers.clear()
    receiver = offer.sign_in.receiver
    server, created = receiver._started
    offer.sign_in.background.run(server.withdraw(created.id))  # to the kernel this is the same as expired
    wait_for(lambda: len(timers) == 1, "the timer", 10)
    timers.go_off()
    assert url_of(button) not in {None, url}


def test_renewal_that_fails_is_tried_again(button, pool, timers):
    """The network is away for a moment: the link that still lives stays, and a minute later there is a fresh one."""
    url = url_of(button)
    pool.stop()
    timers.go_off()
    assert url_of(button) == url
    assert [timer.seconds for timer in timers] == [60]
    pool.start()
    timers.go_off()
    assert url_of(button) not in {None, url}


def test_renewal_ends_after_a_day(button, timers):
    """An idle kernel is not kept awake for ever; a click brings the next link, and the next day."""
    renewals = 0
    while timers:
        timers.go_off()
        renewals += 1
    assert renewals == 29
    button._ended(button._newest, SignInTimeoutError("Nobody signed in in time."))
    view = button.children[0].view
    assert (view["title"], view["can_retry"]) == ("This link has expired.", True)
    button.children[0].on_retry()
    assert url_of(button)
    assert len(timers) == 1


@pytest.mark.parametrize("end", ["close", "comm"])
def test_button_that_is_closed_leaves_nothing(button, browser, timers, end):
    """No timer, and no sign-in that waits for somebody who has no button."""
    url, offer = url_of(button), button._newest
    if end == "close":
        button.close()
    else:
        button.comm.handle_close({})
    wait_for(lambda: offer.has_ended, "the end", 10)
    wait_for(lambda: browser.get(url).status == 410, "the dead link", 10)
    assert timers == []


def test_cancel_is_the_users_word(button, timers):
    """After Cancel nothing is renewed until the user asks for it."""
    child = button.children[0]
    child.on_cancel()
    wait_for(lambda: child.view["state"] == "error", "the error", 10)
    assert "withdrawn" in child.view["cause"]
    assert timers == []
    child.on_retry()
    assert url_of(button)


def test_renewal_finds_a_session_of_the_same_profile(button, config, browser, timers):
    """Somebody has signed in in a cell meanwhile: the button shows it rather than ask again."""
    cn.login(config=config, open_url=browser.open, timeout=20)
    wait_for(lambda: button.children[0].view["state"] == "error", "the superseded button", 10)
    assert timers == []
    button.children[0].on_retry()
    assert shown(button) == ["SessionCard"]


def test_newer_button_of_a_profile_wins_and_stays(button, config, timers):
    """Two buttons of one profile do not take each other's place for ever: the older one says where to look."""
    timers.clear()
    newer = cn.LoginButton(config=config)
    wait_for(lambda: button.children[0].view["state"] == "error", "the superseded button", 10)
    assert "newest button" in button.children[0].view["next_step"]
    assert len(timers) == 1  # the newer one's
    assert url_of(newer)
    newer.close()


def test_fallback_of_a_front_end_without_widgets(button, browser):
    """HTML and text hold the link; once somebody is signed in they name nobody."""
    data, _ = button._repr_mimebundle_()
    assert f'<a href="{url_of(button)}"' in data["text/html"]
    assert url_of(button) in data["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in data
    browser.visit(url_of(button))
    wait_for(lambda: shown(button) == ["SessionCard"], "the card", 10)
    data, _ = button._repr_mimebundle_()
    assert ("text/html" in data, data["text/plain"]) == (False, "Session card (live view)")


def test_another_user_than_expected_is_asked_again(pool, browser, timers):
    """The button has no --force: after a refusal its next link has Cognito ask for user and password."""
    button = cn.LoginButton(config=config_of(pool, login_hint="grace"))
    child = button.children[0]
    browser.visit(url_of(button))
    wait_for(lambda: child.view["state"] == "error", "the refusal", 10)
    assert "(grace)" in child.view["cause"]
    assert registry.current_sessions() == []
    child.on_retry()
    assert "prompt=login" in browser.start(url_of(button))
    button.close()


def test_loopback_link_is_renewed_on_the_same_port(pool, timers, monkeypatch):
    """Without a Jupyter server the one registered port passes from the old sign-in to the new one."""
    monkeypatch.setattr(receivers, "sign_of_elsewhere", lambda: None)  # tests may run in a container
    monkeypatch.delenv(ENV_SERVER_URL)
    take_server_access.cache_clear()
    (port,) = free_ports(1)
    uri = f"http://127.0.0.1:{port}/cognito/callback"
    pool.register_callback(uri)
    button = cn.LoginButton(config=config_of(pool, redirect_uris=[uri]))
    old = url_of(button)
    timers.go_off()
    assert url_of(button) != old
    assert url_of(button).startswith(f"http://127.0.0.1:{port}/")
    button.close()
