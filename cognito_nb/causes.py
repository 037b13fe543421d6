"""Failure → likely causes and fix: one table for errors, pages, widget and doctor.

A row is found by its code. Codes are OAuth error codes (RFC 6749 §4.1.2.1, §5.2) and a few of our own; only
codes travel between kernel, server and browser, so nobody else's words reach a page.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CAUSES", "UNKNOWN", "Cause", "cause_of"]


@dataclass(frozen=True, slots=True)
class Cause:
    """What a failure means for the person who sees it.

    Attributes
    ----------
    code : str
        The key of the row.
    title : str
        What happened, in a few words.
    likely : tuple of str
        Likely causes, the most likely first.
    fix : str
        The next step.
    """

    code: str
    title: str
    likely: tuple[str, ...]
    fix: str


UNKNOWN = Cause(
    "error", "The sign-in failed", ("The notebook's cell says why.",), "Look at the cell, then sign in again."
)

_ROWS = (
    Cause(
        "access_denied",
        "Sign-in cancelled",
        (
            "Somebody chose Cancel on the sign-in page.",
            "An external identity provider or a Lambda trigger refused the user.",
        ),
        "Run %cognito_login again to try once more.",
    ),
    Cause(
        "invalid_scope",
        "A scope is not allowed",
        (
            "A requested scope is not enabled on the app client.",
            "email, phone or profile was asked for without openid.",
        ),
        "Enable the scope on the app client's login page settings, or take it out of the setting scopes.",
    ),
    Cause(
        "unauthorized_client",
        "The app client may not do this",
        (
            "The authorization code grant is not switched on for the app client.",
            "The redirect_uri of the token request differs from the authorization request's, often by a slash.",
        ),
        "Enable 'Authorization code grant' on the app client and compare redirect_uris character by character.",
    ),
    Cause(
        "invalid_request",
        "Cognito could not use the request",
        ("The identity provider or a Lambda trigger failed.", "A parameter was refused, for instance prompt or PKCE."),
        "Read Cognito's own words in the cell; check the provider's and the trigger's logs.",
    ),
    Cause(
        "login_required",
        "Nobody is signed in at Cognito",
        ("prompt=none was asked for and the browser has no Cognito session.",),
        'Sign in without the setting prompt = "none".',
    ),
    Cause(
        "server_error",
        "Cognito had an internal error",
        ("A passing fault at Cognito.",),
        "Try again in a minute.",
    ),
    Cause(
        "invalid_client",
        "Cognito does not accept the app client",
        (
            "The app client has a secret and none was given.",
            "A secret was given, but the app client has none.",
            "The client_id belongs to another user pool.",
        ),
        "Compare client_id with the console; set client_secret only if the app client has one.",
    ),
    Cause(
        "invalid_grant",
        "Cognito does not accept the code or refresh token",
        (
            "The code was used already, or is older than five minutes.",
            "The refresh token was revoked, rotated away or has expired.",
            "The app client may not read an attribute behind a requested scope.",
        ),
        "Run %cognito_login again.",
    ),
    Cause(
        "redirect_not_registered",
        "This address is not a registered callback URL",
        ("Jupyter runs on another host name or port than the app client's callback URLs name.",),
        "Add the exact URL to the app client's allowed callback URLs and to the setting redirect_uris.",
    ),
    Cause(
        "expired",
        "This sign-in has expired",
        ("The page was open for longer than the sign-in lives.", "The kernel was restarted."),
        "Go back to the notebook: a button that still waits there has a fresh link. Else run %cognito_login again.",
    ),
    Cause(
        "timeout",
        "Nobody signed in in time",
        (
            "The sign-in page was closed.",
            "Cognito showed an error page of its own (redirect_mismatch, scopes), which never comes back to Jupyter.",
        ),
        "Run %cognito_login again; on a Cognito error page, compare the callback URLs and scopes of the app client.",
    ),
    Cause(
        "superseded",
        "A newer sign-in has taken its place",
        ("The button has renewed its link since.", "%cognito_login was run again in the same notebook."),
        "Go back to the notebook and use the link that its newest button has now.",
    ),
    Cause(
        "wrong_browser",
        "This sign-in was started in another browser",
        (
            "The link was opened in another browser, profile or private window than the one that started it.",
            "Somebody sent you a link.",
        ),
        "Start again from the notebook, in one browser. If somebody sent you this link, do not sign in.",
    ),
    Cause(
        "used",
        "This sign-in was used already",
        ("The link was opened twice, or the page was reloaded.",),
        "You can close this tab.",
    ),
    Cause(
        "unknown",
        "This sign-in is unknown or was used already",
        ("The page was reloaded or opened a second time.", "The Jupyter server was restarted."),
        "If the notebook does not show you as signed in, use its newest button, or run %cognito_login again.",
    ),
    Cause(
        "malformed",
        "The answer is malformed",
        (
            "A parameter is missing, repeated or badly encoded.",
            "The address was cut or changed on its way, for instance by a mail program or a proxy.",
        ),
        "Run %cognito_login again and open the button's link itself.",
    ),
    Cause(
        "state_mismatch",
        "The answer belongs to another sign-in",
        ("Two sign-ins were mixed up, or the answer came from another issuer.",),
        "Run %cognito_login again.",
    ),
    Cause(
        "another_user",
        "Another user has signed in than expected",
        ("The browser was still signed in to Cognito as somebody else.", "The setting login_hint names another user."),
        "Run %cognito_login again: it asks for user and password. To change the user, run %cognito_login --force.",
    ),
    Cause(
        "verification",
        "The tokens did not pass verification",
        ("The kernel's clock is wrong.", "The user pool or app client differs from the configured one."),
        "The cell names the check that failed.",
    ),
    Cause(
        "network",
        "Cognito could not be reached from the kernel",
        ("No network, a proxy, or a company certificate.",),
        "The cell names the host; check the connection and run %cognito_login again.",
    ),
    Cause(
        "withdrawn",
        "The sign-in was withdrawn",
        ("The cell was interrupted, or the kernel was restarted.",),
        "Run %cognito_login again when you are ready.",
    ),
)

CAUSES = {row.code: row for row in _ROWS}


def cause_of(code: str | None) -> Cause:
    """Return the row of a code, or `UNKNOWN`."""
    return CAUSES.get(code or "", UNKNOWN)
