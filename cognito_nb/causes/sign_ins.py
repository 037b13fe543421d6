"""What may become of a sign-in between notebook and browser."""

from __future__ import annotations

from .row import Cause

__all__ = ["ROWS"]

ROWS = (
    Cause(
        code="timeout",
        title="Nobody signed in in time",
        likely=(
            "The sign-in page was closed, or left open for more than five minutes: then it does not go on.",
            "Cognito showed an error page of its own (redirect_mismatch, scopes), which never comes back to Jupyter.",
        ),
        tell="The browser's tab shows which; jupyter cognito doctor asks Cognito for its error page.",
        fix="Run %cognito_login again; after an error page of Cognito's, run %cognito_doctor first.",
    ),
    Cause(
        code="expired",
        title="This sign-in has expired",
        likely=("The page was open for longer than the sign-in lives.", "The kernel was restarted."),
        fix="Go back to the notebook: a button that still waits there has a fresh link. Else run %cognito_login again.",
    ),
    Cause(
        code="superseded",
        title="A newer sign-in has taken its place",
        likely=("The button has renewed its link since.", "%cognito_login was run again in the same notebook."),
        fix="Go back to the notebook and use the link that its newest button has now.",
    ),
    Cause(
        code="wrong_browser",
        title="This sign-in was started in another browser",
        likely=(
            "The link was opened in another browser, profile or private window than the one that started it.",
            "Somebody sent you a link.",
        ),
        fix="Start again from the notebook, in one browser. If somebody sent you this link, do not sign in.",
    ),
    Cause(
        code="used",
        title="This sign-in was used already",
        likely=("The link was opened twice, or the page was reloaded.",),
        fix="You can close this tab.",
    ),
    Cause(
        code="unknown",
        title="This sign-in is unknown or was used already",
        likely=("The page was reloaded or opened a second time.", "The Jupyter server was restarted."),
        fix="If the notebook does not show you as signed in, use its newest button, or run %cognito_login again.",
    ),
    Cause(
        code="another_user",
        title="Another user has signed in than expected",
        likely=(
            "The browser was still signed in to Cognito as somebody else.",
            "The setting login_hint names another user.",
        ),
        fix="Run %cognito_login again: it asks for user and password. To change the user, run %cognito_login --force.",
    ),
    Cause(
        code="withdrawn",
        title="The sign-in was withdrawn",
        likely=("The cell was interrupted, or the kernel was restarted.",),
        fix="Run %cognito_login again when you are ready.",
    ),
)
