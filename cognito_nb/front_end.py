"""What the front end allows: widgets, or a terminal's text; a person's answer, or none."""

from __future__ import annotations

import sys
from typing import Any

from .errors import InteractionRequiredError

__all__ = ["in_notebook", "require_person", "say"]


def in_notebook() -> bool:
    """Tell whether this is an IPython kernel, whose front end can show widgets."""
    return _kernel() is not None


def require_person() -> None:
    """Raise InteractionRequiredError where nobody can answer: no input allowed by the front end, or no terminal."""
    kernel = _kernel()
    terminal = sys.stdin is not None and sys.stdin.isatty()
    if not (terminal if kernel is None else getattr(kernel, "_allow_stdin", True)):  # ipykernel tells it nowhere else
        what, where = ("script", "in a terminal") if kernel is None else ("notebook", "in JupyterLab or Notebook")
        raise InteractionRequiredError(
            f"Nobody can sign in here: this {what} runs without a person (papermill, nbclient, CI).",
            hint='Set COGNITO_NB_REFRESH_TOKEN, or grant = "client_credentials" with an app client of its own; a '
            "program that opens the browser passes cn.login(open_url=...). "
            f"Or run it {where}, with a person at the browser.",
        )


def say(html: str, text: str) -> None:
    """Show HTML in a notebook and text elsewhere."""
    if not in_notebook():
        print(text)  # noqa: T201 - a terminal's view
        return
    from IPython.display import display  # noqa: PLC0415 - only where it is loaded already

    display({"text/html": html, "text/plain": text}, raw=True)


def _kernel() -> Any:  # noqa: ANN401 - ipykernel's kernel, or None
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython  # noqa: PLC0415 - only where it is loaded already

    return getattr(get_ipython(), "kernel", None)
