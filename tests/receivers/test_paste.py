"""Signing in by pasting the address that the browser ended on: what is taken, what is refused and why."""

import time
from urllib.parse import urlsplit

import pytest
from kernel.conftest import config_of, run_async
from receivers.conftest import exchanges, sign_in

import cognito_nb as cn
from cognito_nb import asking
from cognito_nb.errors import (
    AuthorizationResponseError,
    InteractionRequiredError,
    SignInError,
    SignInTimeoutError,
    StateMismatchError,
)
from cognito_nb.receivers import paste
from cognito_nb.receivers.paste import PasteReceiver

UNUSABLE = {
    "a code alone": ("{code}", "a code alone"),
    "a query alone": ("?code={code}&state={state}", "a code alone"),
    "nothing": ("", "a code alone"),
    "another place": ("https://evil.example/cognito/callback?code={code}&state={state}", "another address"),
    "another path": ("{place}/more?code={code}&state={state}", "another address"),
    "the sign-in page": ("{authorization_url}", "another address"),
    "no state": ("{place}?code={code}", "not complete"),
    "no code": ("{place}?state={state}", "not complete"),
    "the code twice": ("{place}?code={code}&code=c&state={state}", "repeated"),
    "the state twice": ("{place}?code={code}&state={state}&state={state}", "repeated"),
    "no UTF-8": ("{place}?code=%ff&state={state}", "badly encoded"),
    "too long": ("{place}?code={code}&state={state}&x=" + "x" * 40_000, "too long"),
}


class Prompt:
    """Stands in for the terminal or the front end: asked for an address, it pastes what it was told to."""

    def __init__(self, pool):
        self.pool = pool
        self.opened = []
        self.answers = ["{address}"]
        self.asked = 0

    def ask(self, _question):
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return answer(self) if callable(answer) else answer.format(**self.parts())

    def parts(self):
        (authorization_url,) = self.opened
        address = sign_in(self.pool, authorization_url)
        place, _, query = address.partition("?")
        values = dict(pair.split("=") for pair in query.split("&"))
        return {"address": address, "place": place, "authorization_url": authorization_url, **values}


@pytest.fixture
def prompt(pool, monkeypatch):
    prompt = Prompt(pool)
    monkeypatch.setattr(asking, "require_person", lambda: None)
    monkeypatch.setattr("getpass.getpass", prompt.ask)
    return prompt


@pytest.fixture
def paste_login(config, prompt):
    def login(login=cn.login, **options):
        options = {"receiver": "paste", "open_url": prompt.opened.append, "timeout": 20, **options}
        return login(config=config, **options)

    return login


@pytest.mark.parametrize(
    "answer", ["{address}", "  {address}\n", '"{address}"', "'{address}'", "<{address}>", "{address}#", "{address}#_=_"]
)
def test_whole_address_signs_in(paste_login, prompt, answer):
    """As it was copied, in quotes, or with a fragment; the browser was sent to Cognito itself."""
    prompt.answers = [answer]
    assert paste_login().user.username == "ada"
    assert urlsplit(prompt.opened[0]).path == "/oauth2/authorize"
    assert prompt.asked == 1


def test_alogin_asks_likewise(paste_login):
    """The prompt blocks the event loop, but the outcome is the same."""
    assert paste_login(run_async(cn.alogin)).user.username == "ada"


@pytest.mark.refused("CB-03", "CB-04", "CB-27", "CB-28")
@pytest.mark.parametrize(("pasted", "why"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_unusable_address_is_refused_with_the_reason(paste_login, prompt, pool, capsys, pasted, why):
    """The user is told what is wrong with it, without its values, and may paste again."""
    prompt.answers = [pasted, "{address}"]
    assert paste_login().user.username == "ada"
    said = capsys.readouterr().out
    assert why in said
    assert "Paste the whole address" in said
    assert prompt.asked == 2
    assert exchanges(pool) == 1


def test_three_refusals_end_it(paste_login, prompt, pool):
    """Nobody is asked for ever; nothing is exchanged."""
    prompt.answers = ["{code}"]
    with pytest.raises(SignInError, match="No usable address was pasted"):
        paste_login()
    assert prompt.asked == 3
    assert not exchanges(pool)


def test_end_of_input_ends_it(paste_login, prompt, pool):
    """Ctrl-D says that nothing will come."""

    def end(_):
        raise EOFError

    prompt.answers = [end]
    with pytest.raises(SignInError, match="No usable address was pasted"):
        paste_login()
    assert prompt.asked == 1


def test_interrupt_at_the_prompt_ends_it(paste_login, prompt, pool):
    """Ctrl-C is raised again, with nothing exchanged."""

    def interrupt(_):
        raise KeyboardInterrupt

    prompt.answers = [interrupt]
    with pytest.raises(KeyboardInterrupt):
        paste_login()
    assert not exchanges(pool)


@pytest.mark.refused("CB-03")
def test_address_of_another_sign_in_is_a_state_mismatch(paste_login, prompt, pool):
    """Somebody else's code and state sign nobody in: nothing is exchanged."""
    prompt.answers = ["{place}?code={code}&state=another-sign-ins-state-of-43-characters-long"]
    with pytest.raises(StateMismatchError):
        paste_login()
    assert not exchanges(pool)


@pytest.mark.refused("CB-16")
def test_code_and_error_together_are_refused(paste_login, prompt, pool):
    """The flow's own check says so."""
    prompt.answers = ["{place}?code={code}&state={state}&error=access_denied"]
    with pytest.raises(cn.errors.ProtocolError):
        paste_login()
    assert not exchanges(pool)


@pytest.mark.parametrize("state", ["&state={state}", ""])
def test_cognitos_refusal_may_be_pasted(paste_login, prompt, state):
    """Cognito names no state in some of its errors; the reason reaches the user all the same."""
    prompt.answers = ["{place}?error=access_denied" + state]
    with pytest.raises(AuthorizationResponseError) as caught:
        paste_login()
    assert caught.value.error == "access_denied"


def test_late_address_is_out_of_time(paste_login, prompt, pool, uris):
    """A prompt cannot be timed out; what is pasted after the time is up is not taken."""

    def late(prompt):
        address = prompt.parts()["address"]
        ends = time.monotonic() + 0.3
        while time.monotonic() < ends:
            pass
        return address

    prompt.answers = [late]
    with pytest.raises(SignInTimeoutError) as caught:
        paste_login(timeout=0.3)
    assert uris[0] in str(caught.value)
    assert prompt.asked == 1
    assert not exchanges(pool)


def test_nobody_to_ask_is_an_error_at_once(config, prompt, monkeypatch):
    """Where nobody can paste, nobody is asked."""
    monkeypatch.undo()
    with pytest.raises(InteractionRequiredError):
        cn.login(config=config, receiver="paste", open_url=lambda _: None)


@pytest.mark.parametrize(
    ("redirect_uris", "expected"),
    [
        ((), "http://localhost:8892/cognito/callback"),
        (("http://localhost:8888/cb", "http://localhost:8889/cb"), "http://localhost:8889/cb"),
        (("http://localhost:8888/cb", "https://hub.example.org/cb"), "http://localhost:8888/cb"),
        (("https://hub.example.org/cb", "https://other.example.org/cb"), "https://other.example.org/cb"),
    ],
)
def test_browser_ends_on_the_port_that_is_least_in_use(pool, prompt, redirect_uris, expected):
    """A loopback URL, so that no foreign server sees the code; the last, as programs take the first."""
    prompt.answers = [""]
    with pytest.raises(SignInError):
        cn.login(config=config_of(pool, redirect_uris=redirect_uris), receiver="paste", open_url=prompt.opened.append)
    assert prompt.opened[0].endswith(f"redirect_uri={paste.with_redirect_uri('', expected).partition('=')[2]}")


def test_receiver_shows_nothing_of_what_was_pasted(prompt, paste_login, canary, monkeypatch):
    """Neither the receiver nor what it holds has the code in its repr."""
    shown = []

    async def report(self, **_):
        shown.append(repr(vars(self)))

    monkeypatch.setattr(PasteReceiver, "report", report)
    paste_login()
    assert shown
    canary.assert_silent({"vars": str(shown)})
