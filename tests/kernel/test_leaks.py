"""One kernel, one sign-in, and all that a person can do to spill it: then everything that was left behind is searched.

The pool runs in this process, so the canary knows every code, verifier and token that the kernel has had.
"""

import json

import nbformat
import pytest
from kernels import Kernel, text_of
from nbconvert import HTMLExporter, ScriptExporter

from cognito_nb.local_pool import Fault
from cognito_nb.wire import ENV_SERVER_TOKEN

from .notebooks import follow, notebooks, write_settings

LOGGING = """
import logging, sys, warnings
%colors NoColor
%logstart -o -r log.py
logging.basicConfig(level=logging.DEBUG, handlers=[logging.StreamHandler(sys.stdout), logging.FileHandler("debug.log")])
"""
CALLS = """
import cognito_nb as cn, requests
import cognito_nb.tokens.refresh, cognito_nb.tokens.transport
from cognito_nb.status import session_card
cognito_nb.tokens.transport._PAUSES = (0.01, 0.01)
cognito_nb.tokens.refresh._PATIENCE = 0
api = cognito.client(cognito.config.api_origins[0])
web = requests.Session()
web.auth = cognito.requests_auth()
answers = [api.get("/me"), web.get(f"{cognito.config.api_origins[0]}/me")]
cognito.refresh()
cognito.userinfo()
objects = {
    "session": cognito, "config": cognito.config, "user": cognito.user, "claims": cognito.claims,
    "auth": cognito.auth(),
    "requests_auth": cognito.requests_auth(), "client": api, "requests session": web, "source": cognito.token_source,
    "tokens": cognito.token_source.tokens, "access": cognito.token_source.tokens.access, "button": cn.LoginButton(),
    "answer": answers[0], "request": answers[0].request, "headers": answers[0].request.headers,
    "requests answer": answers[1], "requests request": answers[1].request,
    "requests headers": answers[1].request.headers,
    "secret": cognito.token_source.tokens.access.token, "headers for": cognito.headers(cognito.config.api_origins[0]),
    "card": session_card(cognito), "error": cn.errors.NotSignedInError("no"),
}
"""
FORMS = """
import pprint, rich, inspect, reprlib
for name, value in objects.items():
    display(value)
    print(value, f"{value} {value!r} {value!s}", str(value), [value], {"it": value}, dir(value), sep="\\n")
    pprint.pprint(value)
    rich.print(value)
    rich.inspect(value, private=True, dunder=True)
    for look in (vars, dict, list):
        try:
            print(name, look(value))
        except Exception as error:
            print(name, type(error), error)
    try:
        print(json.dumps(value, default=vars), json.dumps(value, default=str))
    except Exception as error:
        print(name, type(error), error)
"""
HISTORY = """
%whos
print(_, Out, In, sep="\\n")
%history -o
%notebook kept.ipynb
%save -f saved.py 1-99
get_ipython().history_manager.writeout_cache()
"""
SENT = """
import copy, copyreg, io, pickle, multiprocessing.reduction, multiprocessing as mp

class ByReference(pickle.Pickler):  # what cloudpickle and dill are: a pickler that asks for reductions itself
    def reducer_override(self, value):
        return NotImplemented

def by_hand(value):
    buffer = io.BytesIO()
    ByReference(buffer, 5).dump([value, object.__reduce_ex__(value, 5)])
    return buffer.getvalue()

ways = {f"pickle {protocol}": lambda value, protocol=protocol: pickle.dumps(value, protocol) for protocol in range(6)}
ways |= {
    "in python": lambda value: pickle._dumps(value), "by hand": by_hand, "copy": copy.copy, "deepcopy": copy.deepcopy,
    "copyreg": lambda value: pickle.dumps(copyreg.__reduce_ex__(value, 1)),
    "state": lambda value: pickle.dumps(vars(value)),
    "multiprocessing": mp.reduction.ForkingPickler.dumps,
}
sent = {}
with open("sent.bin", "wb") as file:
    for name, value in objects.items():
        for way, send in ways.items():
            try:
                made = send(value)
            except Exception as error:
                sent[name, way] = f"{type(error).__name__}: {error}"
            else:
                sent[name, way] = "sent"
                file.write(bytes(made) if isinstance(made, (bytes, memoryview)) else repr(made).encode())
print(sent)
"""
# What the usual ways do with what holds tokens but say that these must not leave the kernel.
UNNAMED = """
{
    (name, way): how for (name, way), how in sent.items() if "must not leave" not in how
    and name in ("session", "auth", "requests_auth", "client", "requests session", "tokens", "secret")
    and way not in ("copy", "state", "copyreg")
}
"""
PROCESSES = """
import os, subprocess, threading
!env
!tr '\\0' ' ' < /proc/{os.getpid()}/cmdline; ps -ef
print(dict(os.environ), sys.argv, threading.enumerate())
print(subprocess.run(["env"], capture_output=True, text=True).stdout)
"""
DEBUGGER = """
import traceback
from IPython.core.crashhandler import CrashHandler
from IPython.core.ultratb import VerboseTB

def look_into(error, place):  # as %debug, a crash report and a log do; leaves no variables, which the next would print
    report = CrashHandler(get_ipython().kernel.parent).make_report(
        "\\n".join(map(str, [*VerboseTB().structured_traceback(type(error), error, place)]))
        + "".join(traceback.TracebackException(type(error), error, place, capture_locals=True).format())
    )
    with open("crash.txt", "a") as file:
        file.write(report)
    deep = isinstance(error, cn.errors.CognitoError)  # an HTTP client's own error holds what it was sending
    for frame, _ in traceback.walk_tb(place):
        for name, value in frame.f_locals.items():
            if frame.f_globals is not globals():
                print(frame.f_code.co_qualname, name, repr(value), getattr(value, "__dict__", None) if deep else "")
    print(repr(error), error.args, vars(error))
    try:
        raise error
    except Exception:
        logging.exception("failed")
"""
# What goes wrong, by endpoint: the pool's fault, and the cell that meets it.
FAILURES = {
    "a refusal": ("token", Fault(error="invalid_client", error_description="bad"), "cognito.refresh()"),
    "half of the tokens": ("token", Fault(cut="half", after=True), "cognito.refresh()"),
    "tokens in a page": ("token", Fault(status=200, body="html"), "cognito.refresh()"),
    "a cut answer": ("userinfo", Fault(cut="half"), "cognito.userinfo()"),
    "a reset": ("me", Fault(cut="reset"), "api.post('/me', json={'it': 1})"),
    "a reset of requests": ("me", Fault(cut="reset"), "web.post(f'{cognito.config.api_origins[0]}/me')"),
    "a redirect": ("me", Fault(location="http://evil.example/"), "api.get('/me', follow_redirects=True)"),
    "another origin": (None, None, "api.get('http://evil.example/')"),
    "a time that is off": (
        None,
        None,
        "import time; true, time.time = time.time, lambda: 4e9\ntry: cognito.refresh()\nfinally: time.time = true",
    ),
    "a pickle": (None, None, "pickle.dumps(cognito)"),
    "a secret on the line": (None, None, "%cognito_login --client-secret 5ecret0fTh3Cell"),
}


def notebook_of(messages):
    """Return the notebook that a front end saves, with the state of its widgets."""
    notebook, widgets, cell = nbformat.v4.new_notebook(), {}, None
    for message in messages:
        kind, content = message["msg_type"], message["content"]
        if kind == "execute_input":
            cell = nbformat.v4.new_code_cell(content["code"])
            notebook.cells.append(cell)
        elif kind == "comm_open":
            widgets[content["comm_id"]] = {"state": content["data"]["state"], "model_name": "AnyModel"}
        elif kind == "comm_msg" and content["data"].get("method") == "update" and content["comm_id"] in widgets:
            widgets[content["comm_id"]]["state"] |= content["data"]["state"]
        elif kind in {"stream", "display_data", "execute_result", "error"}:
            cell.outputs.append(nbformat.v4.output_from_msg(message))
    state = {"state": widgets, "version_major": 2, "version_minor": 0}
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": state}
    return notebook


@pytest.fixture
def shell(jupyter, pool, tmp_path, monkeypatch):
    """A kernel whose home, folder and temporary files are the test's own."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    write_settings(tmp_path, pool, logout_uri="http://localhost:8888/lab")
    with notebooks(jupyter, tmp_path, 1) as (kernel,):
        yield kernel


def errors_in(messages):
    return ["\n".join(m["content"]["traceback"]) for m in messages if m["msg_type"] == "error"]


@pytest.mark.holds("NL-01", "NL-02", "NL-04", "NL-06", "NL-08", "NL-12", "NL-14", "NL-16")
@pytest.mark.refused("NL-07")
def test_nothing_leaks_from_a_kernel(canary, shell, browser, jupyter, pool, tmp_path):
    """No place holds a secret: what cells show, keep and raise, what another front end sees, files, logs, processes."""
    canary.plant(jupyter.environment[ENV_SERVER_TOKEN], "the server's capability")
    second = Kernel.attach(shell.manager.connection_file)
    for cell in (LOGGING, "%cognito_login", CALLS, FORMS, SENT, DEBUGGER, "%cognito_status", PROCESSES):
        assert not errors_in(shell.run(cell, on_message=follow(browser)))
    assert shell.value(UNNAMED) == "{}"
    for mode in ("Plain", "Context", "Verbose", "Minimal"):
        shell.run(f"%xmode {mode}")
        for what, (endpoint, fault, cell) in FAILURES.items():
            if endpoint:
                pool.fail(endpoint, fault, times=None)
            messages = shell.run(cell)
            pool.heal()
            assert "Error" in text_of(messages) + "".join(errors_in(messages)), what
            assert not errors_in(shell.run("look_into(sys.last_value, sys.last_traceback)"))
    shell.run(HISTORY)
    shell.run("%cognito_logout")
    second.wait_for(lambda message: "cognito_logout" in str(message["content"].get("code")))
    second.stop()
    notebook = notebook_of(shell.messages)
    files = {path.relative_to(tmp_path): path for path in tmp_path.rglob("*") if path.is_file()}
    made = {path.name for path in files}
    assert {"history.sqlite", "debug.log", "log.py", "kept.ipynb", "saved.py", "sent.bin", "crash.txt"} <= made
    canary.assert_silent(
        {
            "iopub": json.dumps(shell.messages, default=str),
            "iopub of a second front end": json.dumps(second.messages, default=str),
            "saved notebook": nbformat.writes(notebook),
            "as HTML": HTMLExporter().from_notebook_node(notebook)[0],
            "as a script": ScriptExporter().from_notebook_node(notebook)[0],
            "server log": jupyter.log,
            **{str(name): path.read_bytes() for name, path in files.items()},
        }
    )
