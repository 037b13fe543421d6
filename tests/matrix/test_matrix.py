"""One cell everywhere: a person signs in, or nobody has to, and the session calls an API.

JupyterHub has its own tests, in tests/hub.
"""

import inspect
import re

import pytest
from kernel.notebooks import write_settings
from matrix import places
from matrix.places import jupyter, nobody, other_name

SERVER = "sign-in through the Jupyter server"
PORT = "sign-in on a port of this machine"
TOKEN = "COGNITO_NB_REFRESH_TOKEN"

PLACES = {
    "JupyterLab": (SERVER, jupyter(app="jupyterlab")),
    "Notebook 7": (SERVER, jupyter(app="notebook")),
    "server below a path (base_url)": (SERVER, jupyter("--ServerApp.base_url=/team/a/")),
    "TLS-terminating proxy in front": (SERVER, places.tls_proxy_in_front),
    "server with a password, no token": (SERVER, places.password_only),
    "server with an empty token": (SERVER, jupyter("--IdentityProvider.token=")),
    "browser on 127.0.0.1, localhost registered": (SERVER, other_name("127.0.0.1", "localhost")),
    "browser on localhost, 127.0.0.1 registered": (SERVER, other_name("localhost", "127.0.0.1")),
    "allow_unauthenticated_access = False": (SERVER, jupyter("--ServerApp.allow_unauthenticated_access=False")),
    "kernel without a server, as in VS Code": (PORT, places.bare_kernel),
    "IPython in a terminal": (PORT, places.terminal),
    "nbclient, with a refresh token": (TOKEN, nobody(places.by_nbclient)),
    "papermill, with a refresh token": (TOKEN, nobody(places.by_papermill)),
    "Voilà in a Jupyter server": (SERVER, places.voila_in_jupyter),
    "Voilà alone": (PORT, places.voila_alone),
}
IN_A_BROWSER = ("Voilà in a Jupyter server", "Voilà alone")


@pytest.mark.parametrize(
    "place", [pytest.param(place, marks=[pytest.mark.browser] * (place in IN_A_BROWSER)) for place in PLACES]
)
def test_same_cell_signs_in(place, request, tmp_path, record_property):
    """It takes the way that works there, without being told, and the session calls an API as Ada."""
    way, sign_in = PLACES[place]
    fixtures = {name: request.getfixturevalue(name) for name in inspect.signature(sign_in).parameters}
    printed = re.search(places.PRINTED, sign_in(**fixtures))
    record_property("matrix", (place, printed["way"], float(printed["seconds"])))
    assert (printed["way"], printed["username"]) == (way, "ada")


@pytest.mark.parametrize("run", [places.by_nbclient, places.by_papermill], ids=["nbclient", "papermill"])
def test_nobody_is_waited_for(run, pool, tmp_path, record_property):
    """Without a refresh token the cell fails at once; the table has how soon."""
    write_settings(tmp_path, pool, remember="kernel")
    printed = re.search(places.REFUSED, run(tmp_path, places.REFUSED_CELL))
    name = run.__name__.removeprefix("by_")
    record_property("matrix", (f"{name}, without one", printed["error"], float(printed["seconds"])))
    assert printed["error"] == "InteractionRequiredError"
    assert float(printed["seconds"]) < 5
