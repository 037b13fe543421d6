"""A sign-in and what the token endpoint makes of its code: nothing half done is kept, and a next one works."""

import asyncio
import signal
import threading
from urllib.parse import parse_qsl, urlsplit

import pytest
from lab import wait_for

import cognito_nb as cn
from cognito_nb.errors import NetworkError, NotSignedInError, ProtocolError, TokenResponseError
from cognito_nb.local_pool import Fault
from cognito_nb.tokens.transport import Transport

from .conftest import Browser
from .notebooks import asked, call


@pytest.mark.holds("TR-01")
def test_token_request_repeats_the_redirect_uri_of_the_authorization_request(config, browser, monkeypatch):
    """Byte for byte; both name this client, and the verifier is the challenge's."""
    sent = []
    send = Transport.send

    async def record(self, request):
        sent.append(request)
        return await send(self, request)

    monkeypatch.setattr(Transport, "send", record)
    cn.login(config=config, open_url=browser.open, timeout=20)
    asked_for = dict(parse_qsl(urlsplit(browser.authorization_urls[0]).query))
    (request,) = [request for request in sent if request.endpoint == "token endpoint"]
    form = dict(parse_qsl(request.content.decode()))
    assert (form["redirect_uri"], form["client_id"]) == (asked_for["redirect_uri"], asked_for["client_id"])
    assert set(form) == {"grant_type", "client_id", "code", "redirect_uri", "code_verifier"}


REFUSED = [
    pytest.param(Fault(error="invalid_grant"), TokenResponseError, "invalid_grant", marks=pytest.mark.refused("TR-03")),
    pytest.param(Fault(error="invalid_client"), TokenResponseError, "client_id", marks=pytest.mark.refused("TR-04")),
    pytest.param(Fault(status=202), ProtocolError, "202", marks=pytest.mark.refused("TR-06")),
    pytest.param(
        Fault(location="https://evil.example/"), ProtocolError, "redirect", marks=pytest.mark.refused("TR-17")
    ),
    pytest.param(Fault(gzip=True, size=10**7), ProtocolError, "compressed", marks=pytest.mark.refused("TR-18")),
    pytest.param(Fault(size=10**7), NetworkError, "larger than", marks=pytest.mark.refused("TR-18")),
    pytest.param(Fault(status=503), NetworkError, "503", marks=pytest.mark.refused("LF-01")),
    pytest.param(Fault(cut="half"), ProtocolError, "not valid JSON", marks=pytest.mark.refused("LF-04")),
]


@pytest.mark.parametrize(("fault", "kind", "words"), REFUSED)
def test_a_refused_exchange_changes_nothing(canary, signed_in, config, pool, capsys, fault, kind, words):
    """One request, one clear error; the session that there was stays, and nothing shows in output or log."""
    grace = Browser(pool, "grace")
    before = asked(pool, "token")
    pool.fail("token", fault)
    with pytest.raises(kind, match=words) as caught:
        cn.login(config=config, open_url=grace.open, timeout=20, force=True)
    grace.close()
    assert (asked(pool, "token") - before, len(str(caught.value)) <= 500) == (1, True)
    assert (cn.current_session() is signed_in, call(signed_in)) == (True, "ada")
    output = capsys.readouterr()
    canary.assert_silent({"error": f"{caught.value}{vars(caught.value)}", "output": output.out + output.err})


def watched(pool, end):
    """Call `end` once the pool has the token request, whose answer takes its time."""
    pool.fail("token", Fault(delay=0.3, after=True))

    def watch():
        wait_for(lambda: asked(pool, "token"), "the token request", 10, pause=lambda: threading.Event().wait(0.005))
        end()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


@pytest.mark.refused("TR-21")
@pytest.mark.parametrize("way", ["interrupt", "cancel"])
def test_an_exchange_that_is_given_up_keeps_nothing(config, browser, pool, way):
    """The answer comes later, to nobody; the next sign-in works."""
    if way == "interrupt":
        watch = watched(pool, lambda: signal.raise_signal(signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            cn.login(config=config, open_url=browser.open, timeout=20)
    else:

        async def main():
            task = asyncio.ensure_future(cn.alogin(config=config, open_url=browser.open, timeout=20))
            loop = asyncio.get_running_loop()
            watching = watched(pool, lambda: loop.call_soon_threadsafe(task.cancel))
            with pytest.raises(asyncio.CancelledError):
                await task
            return watching

        watch = asyncio.run(main())
    watch.join(5)
    with pytest.raises(NotSignedInError):
        cn.current_session()
    assert call(cn.login(config=config, open_url=browser.open, timeout=20)) == "ada"


@pytest.mark.accepted("LF-08")
def test_a_slow_exchange_leaves_the_caller_its_event_loop(config, browser, pool):
    """While the token endpoint thinks, the caller's other tasks run, and the sign-in is whole in the end."""
    pool.fail("token", Fault(delay=0.3))

    async def main():
        ticks = 0
        task = asyncio.ensure_future(cn.alogin(config=config, open_url=browser.open, timeout=20))
        while not task.done():
            ticks += asked(pool, "token")
            await asyncio.sleep(0.001)
        return ticks, await task

    ticks, session = asyncio.run(main())
    assert (ticks > 20, session.user.username) == (True, "ada")
