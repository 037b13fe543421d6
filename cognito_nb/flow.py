"""login(), logout() and their asynchronous forms: settings + sign-in + view.

Both forms run the same steps (`_login_steps`); what differs is only whether the caller blocks or awaits.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
from typing import TYPE_CHECKING, Any

from .asking import ask_for_address, refuse_to_paste
from .errors import NotSignedInError, SignInError
from .front_end import say
from .profiles import has_settings, load_config
from .registry import current_session, find_session, keep_session
from .resumption import RememberedSession
from .sign_in import SignIn
from .views import choose_view, show_signed_in, show_signed_out

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

    from .config import CognitoConfig
    from .session import Session
    from .sign_out import SignOut
    from .views import View

__all__ = ["alogin", "alogout", "begin", "login", "login_later", "logout", "resume"]


def login(
    profile: str | None = None,
    *,
    config: CognitoConfig | None = None,
    timeout: float = 600.0,
    force: bool = False,
    receiver: str = "auto",
    open_url: Callable[[str], None] | None = None,
) -> Session:
    """Sign in and return the session; at once, without a request, if signed in already.

    Parameters
    ----------
    profile : str, optional
        Name of a profile; default the configured one.
    config : CognitoConfig, optional
        Settings in place of a profile.
    timeout : float
        Seconds that the user has to finish, at most 3,570. Cognito's own sign-in page lives for 5 minutes.
    force : bool
        Sign in anew even if there is a session.
    receiver : {"auto", "jupyter", "loopback", "paste"}
        How the answer reaches the kernel: through the Jupyter server, on a port of this machine, or pasted by the
        user. "auto" takes the first of them that works where the kernel runs.
    open_url : callable, optional
        Called once with the absolute URL that the user's browser must open, in place of showing a button.

    Returns
    -------
    Session
        Verified, and the current session of its profile.

    Raises
    ------
    ConfigurationError
        Before a browser opens: a setting, the user pool or the server extension is at fault.
    InteractionRequiredError
        At once, where no person can answer (papermill, nbclient, CI).
    SignInError
        If the sign-in did not finish: cancelled, refused or out of time.
    TokenResponseError, TokenVerificationError, ProtocolError, NetworkError
        If the tokens could not be had or are refused; nothing is kept then.
    KeyboardInterrupt
        If the kernel was interrupted; the pending sign-in is withdrawn first.
    """
    config = config or load_config(profile)
    session = None if force else resume(config, quiet=open_url is not None)
    if session is not None:
        return session
    sign_in = SignIn(config, timeout=timeout, receiver=receiver, force=force, by_program=open_url is not None)
    return sign_in.background.drive(_login_steps(sign_in, choose_view(open_url)))


async def alogin(
    profile: str | None = None,
    *,
    config: CognitoConfig | None = None,
    timeout: float = 600.0,  # noqa: ASYNC109 - part of the public signature, as in `login`
    force: bool = False,
    receiver: str = "auto",
    open_url: Callable[[str], None] | None = None,
) -> Session:
    """Do the same as `login` without blocking the event loop; cancelling withdraws the pending sign-in."""
    config = config or load_config(profile)
    session = None if force else resume(config, quiet=open_url is not None)
    if session is not None:
        return session
    sign_in = SignIn(config, timeout=timeout, receiver=receiver, force=force, by_program=open_url is not None)
    return await sign_in.background.adrive(_login_steps(sign_in, choose_view(open_url)))


def login_later(
    profile: str | None = None,
    *,
    then: Callable[[Session], None],
    timeout: float = 600.0,
    force: bool = False,
    receiver: str = "auto",
) -> concurrent.futures.Future[Session] | None:
    """Show the button and return; `then` gets the session, at once if signed in already, else from another thread.

    Returns
    -------
    concurrent.futures.Future or None
        The pending sign-in; cancelling it withdraws it. None if signed in already.

    Raises
    ------
    ConfigurationError, InteractionRequiredError, NetworkError, ProtocolError
        If the sign-in cannot even start. How it ends is shown in the cell.
    """
    config = load_config(profile)
    session = None if force else resume(config, quiet=False)
    if session is not None:
        then(session)
        return None
    view = choose_view(None)
    return begin(SignIn(config, timeout=timeout, receiver=receiver, force=force), view, then=then)


def logout(profile: str | None = None, *, config: CognitoConfig | None = None, session: Session | None = None) -> None:
    """Sign out: revoke at Cognito, forget the tokens here, and show the link that ends the browser's session.

    Where nobody is signed in, it says so and does nothing.

    Parameters
    ----------
    profile : str, optional
        Whose session; default the one signed in last.
    config : CognitoConfig, optional
        Settings in place of a profile; what is remembered of an earlier kernel's session is ended too.
    session : Session, optional
        The session itself.

    Raises
    ------
    ConfigurationError
        If there is no such profile, a setting is at fault, or what remembers the session cannot be reached.
    NetworkError, ProtocolError
        If what remembers the session does not answer; then nothing has ended.
    NotSignedInError
        In a process that was forked from the one that signed in.
    """
    ending = session or _session_to_end(profile, config)
    _show_sign_out(ending, ending.sign_out() if ending else None)


async def alogout(
    profile: str | None = None, *, config: CognitoConfig | None = None, session: Session | None = None
) -> None:
    """Do the same as `logout` without blocking the event loop."""
    ending = session or _session_to_end(profile, config)
    _show_sign_out(ending, await ending.asign_out() if ending else None)


def begin(
    sign_in: SignIn, view: View, *, then: Callable[[Session], None] | None = None
) -> concurrent.futures.Future[Session]:
    """Show the link and return at once; `then` and the view hear the end, from the sign-in's own thread.

    `then` comes first: whoever sees that they are signed in may use the session in the same moment.

    Raises
    ------
    ConfigurationError, InteractionRequiredError, NetworkError, ProtocolError
        If the sign-in cannot even start.
    """
    earlier = sign_in.resumption
    future: concurrent.futures.Future[Session] = concurrent.futures.Future()
    try:
        session = sign_in.background.run(earlier.resume(wait=False)) if earlier.is_possible else None
        sign_in.background.run(earlier.release())  # nobody waits for this button: it may be looked at for an hour
        if session is not None:
            future.set_result(session)
        else:
            view.require_person()
            sign_in.background.run(sign_in.prepare())
            refuse_to_paste(sign_in)
            view.waiting(sign_in, blocking=False)
            future = sign_in.background.submit(sign_in.finish())
    except BaseException:
        sign_in.background.run(sign_in.withdraw())
        sign_in.close()
        raise

    def ended(future: concurrent.futures.Future[Session]) -> None:
        withdrawn = SignInError("The sign-in was withdrawn.", hint="Start again when you are ready.")
        error = withdrawn if future.cancelled() else future.exception()
        if error is None:
            session = future.result()
            keep_session(session, sign_in.config.profile)
            if then is not None:
                then(session)
            view.signed_in(session)
            return
        with contextlib.suppress(NotSignedInError):  # it is closed already
            left = sign_in.background.submit(sign_in.withdraw())
            left.add_done_callback(lambda _: sign_in.close())
        view.failed(error)

    future.add_done_callback(ended)
    return future


def resume(config: CognitoConfig, *, quiet: bool) -> Session | None:
    """Return the session that serves a config already, under its settings as they are now; None if there is none."""
    session = find_session(config)
    if session is not None:
        session.config = config
        keep_session(session, config.profile)
        if not quiet:
            show_signed_in(session)
    return session


def _session_to_end(profile: str | None, config: CognitoConfig | None) -> Session | RememberedSession | None:
    """Return the session of a config or a profile, or what is remembered of it; None if there is neither."""
    if config is not None:
        found = find_session(config)
        if found is not None:
            return found
    else:
        with contextlib.suppress(NotSignedInError):
            return current_session(profile)
        if not has_settings():
            return None
        config = load_config(profile)
    return RememberedSession(config) if config.remember != "kernel" else None


def _show_sign_out(session: Session | RememberedSession | None, ended: SignOut | None) -> None:
    if session is None or ended is None:  # to sign out twice is no fault
        say("Nobody is signed in.", "Nobody is signed in.")
    else:
        show_signed_out(session, ended)


def _login_steps(sign_in: SignIn, view: View) -> Generator[Coroutine[Any, Any, Any], Any, Session]:
    if not sign_in.resumption.is_possible:
        view.require_person()  # before anything is started
    try:
        session = yield from _session_steps(sign_in, view)
        keep_session(session, sign_in.config.profile)
    except GeneratorExit:
        sign_in.close()
        raise
    except BaseException as error:
        try:
            yield sign_in.withdraw()
        finally:  # also if the user interrupts again
            sign_in.close()
            view.failed(error)
        raise
    view.signed_in(session)
    return session


def _session_steps(sign_in: SignIn, view: View) -> Generator[Coroutine[Any, Any, Any], Any, Session]:
    """Take up what another kernel has left, which needs no person; else sign in."""
    earlier = sign_in.resumption
    session: Session | None
    if earlier.is_possible:
        session = yield earlier.resume(wait=False)
        if session is not None:
            return session
        view.require_person()
        if earlier.must_wait:
            view.elsewhere(sign_in)
            session = yield sign_in.wait_for_others()
            if session is not None:
                return session
    yield sign_in.prepare()
    view.waiting(sign_in, blocking=True)
    ask_for_address(sign_in)
    session = yield sign_in.finish()
    return session
