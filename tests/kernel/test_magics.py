"""The magics in a real IPython kernel; a stand-in for the browser follows the button's link."""

import json
import os
import re

import pytest
from kernels import Kernel, error_of, start_url_of, text_of

from cognito_nb.wire import ENV_SERVER_URL

from .conftest import Browser


@pytest.fixture
def settings(pool, tmp_path):
    """A folder with a cognito.toml, as a team commits it."""

    def write(**changes):
        values = {
            "issuer": pool.issuer,
            "user_pool_id": pool.user_pool_id,
            "client_id": pool.client_id,
            "api_origins": [pool.api_url],
            "logout_uri": "http://localhost:8888/lab",
            **changes,
        }
        lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
        (tmp_path / "cognito.toml").write_text("\n".join(["[profiles.demo]", *lines]))

    write()
    return write


@pytest.fixture
def shell(jupyter, settings, tmp_path):
    """A kernel that our server could have started, with the extension loaded."""
    environment = {**os.environ, **jupyter.environment, "IPYTHONDIR": str(tmp_path / "ipython"), "HOME": str(tmp_path)}
    kernel = Kernel.start(environment=environment, folder=tmp_path)
    kernel.run("%load_ext cognito_nb")
    yield kernel
    kernel.stop()


def follow(browser):
    """Return a hook that opens the start page once, when the button shows it."""

    def on_message(message):
        url = start_url_of(message)
        if url and url not in browser.opened:
            browser.open(url)

    return on_message


@pytest.mark.holds("NL-12")
def test_load_ext_takes_the_capability_out_of_the_environment(shell):
    """Neither `%env` nor a child process shows it."""
    assert shell.value("import os; [name for name in os.environ if name.startswith('COGNITO_NB_SERVER')]") == "[]"
    assert ENV_SERVER_URL not in shell.value("!env")


def test_login_magic_binds_the_session(shell, browser):
    """The cell waits, says who is signed in, and the session is the variable `cognito`."""
    messages = shell.run("%cognito_login", on_message=follow(browser))
    last = [message for message in messages if message["msg_type"] == "update_display_data"][-1]
    assert re.search(r"Signed in as .*Ada Lovelace.*demo \(local_", last["content"]["data"]["text/html"])
    assert shell.value("cognito.user.username") == "'ada'"
    assert not [message for message in messages if message["msg_type"] == "execute_result"]


def test_alogin_in_a_cell_shows_the_button_and_awaits(shell, browser):
    """The asynchronous form works at the top level of a cell, with the same views."""
    messages = shell.run("import cognito_nb as cn\nsession = await cn.alogin()", on_message=follow(browser))
    assert "Signed in as Ada Lovelace" in text_of(messages)
    assert shell.value("session is cn.current_session()") == "True"


@pytest.mark.holds("SE-16", "AR-10")
@pytest.mark.holds("NL-14")
def test_login_magic_leaks_nothing_on_iopub(canary, shell, browser):
    """What a second front end sees of a sign-in, a call and a sign-out holds no secret (NL-14)."""
    shell.run("%cognito_login", on_message=follow(browser))
    shell.run("cognito.client(cognito.config.api_origins[0]).get('/me').request")
    shell.run("[cognito, cognito.token_source, cognito.token_source.tokens, cognito.config]")
    shell.run("%cognito_status")
    shell.run("%cognito_logout")
    canary.assert_silent({"iopub": json.dumps(shell.messages, default=str)})


def test_login_magic_is_a_no_op_when_signed_in(shell, browser):
    """The second run says who is signed in, without a widget, and keeps the session."""
    shell.run("%cognito_login", on_message=follow(browser))
    shell.run("first = cognito")
    messages = shell.run("%cognito_login")
    assert "Signed in as Ada Lovelace" in text_of(messages)
    assert not [message for message in messages if message["msg_type"] == "comm_open"]
    assert shell.value("first is cognito") == "True"


def test_login_magic_binds_another_name(shell, browser):
    """`--as` names the variable."""
    shell.run("%cognito_login demo --as me", on_message=follow(browser))
    assert shell.value("me.user.username") == "'ada'"
    assert shell.value("'cognito' in globals()") == "False"


def test_no_wait_returns_and_binds_later(shell, browser):
    """`--no-wait` ends the cell with the button; the variable is there once somebody has signed in."""
    urls = [url for message in shell.run("%cognito_login --no-wait") if (url := start_url_of(message))]
    assert shell.value("'cognito' in globals()") == "False"
    browser.open(urls[0])
    shell.wait_for(lambda message: message["msg_type"] == "update_display_data")
    assert shell.value("cognito.user.username") == "'ada'"


def test_login_magic_raises_at_once_where_no_input_is_allowed(shell, pool):
    """Under nbclient and papermill, which allow no input, nobody is there (allow_stdin is false)."""
    pool.requests.clear()
    name, text = error_of(shell.run("%cognito_login", allow_stdin=False))
    assert name == "InteractionRequiredError"
    assert "papermill" in text
    assert not pool.requests


@pytest.mark.parametrize("mode", ["Context", "Verbose", "Plain", "Minimal"])
@pytest.mark.holds("NL-02")
def test_error_is_shown_without_frames(shell, mode):
    """One readable error in every %xmode: no traceback of ours, and no locals."""
    shell.run(f"%xmode {mode}")
    name, text = error_of(shell.run("%cognito_login nosuch"))
    assert name == "ConfigurationError"
    assert "nosuch" in text
    assert "Known profiles: demo" in text
    assert "File" not in text


def test_interrupt_ends_a_waiting_cell(shell, browser):
    """The kernel's interrupt withdraws the sign-in and leaves the kernel usable."""
    run = shell.begin("%cognito_login")
    url = start_url_of(shell.wait_for(start_url_of))
    shell.manager.interrupt_kernel()
    name, text = error_of(shell.finish(run))
    assert name == "KeyboardInterrupt"
    assert text == "KeyboardInterrupt: the sign-in was withdrawn."
    assert browser.get(url).status != 303
    assert shell.value("1 + 1") == "2"


def test_unknown_option_is_a_usage_error(shell):
    """A misspelt option is told in one line."""
    assert "unrecognized arguments: --frce" in text_of(shell.run("%cognito_login --frce"))


@pytest.mark.refused("NL-06")
@pytest.mark.parametrize("option", ["--client-secret 5ecret", "--client-secret=5ecret", "demo --refresh_token=5ecret"])
def test_secret_on_the_line_is_refused_and_not_repeated(shell, pool, option):
    """It would be kept in the notebook and the history; the error says where it belongs (NL-06)."""
    pool.requests.clear()
    text = text_of(shell.run(f"%cognito_login {option}"))
    assert "set COGNITO_NB_CLIENT_SECRET" in text
    assert "5ecret" not in text
    assert not pool.requests


@pytest.mark.parametrize("name", ["not.valid", "2nd"])
def test_as_needs_the_name_of_a_variable(shell, name):
    """Anything else is a usage error, before a browser opens."""
    assert "no name of a variable" in text_of(shell.run(f"%cognito_login --as {name}"))


def test_logout_magic_says_what_happened(shell, browser, pool):
    """The cell says that the tokens are revoked, and offers the link that ends the browser's session."""
    shell.run("%cognito_login", on_message=follow(browser))
    text = text_of(shell.run("%cognito_logout"))
    assert "Tokens revoked" in text
    assert "/logout?client_id=" in text
    assert "revoke" in [request.endpoint for request in pool.requests]
    name, _ = error_of(shell.run("cognito.user"))
    assert name == "NotSignedInError"


def test_status_magic_shows_a_card_without_naming_anybody_in_the_saved_output(shell, browser):
    """The card's facts travel as messages: what is saved with the notebook names nobody."""
    assert "Nobody is signed in" in text_of(shell.run("%cognito_status"))
    shell.run("%cognito_login", on_message=follow(browser))
    messages = shell.run("%cognito_status")
    shown = [message["content"] for message in messages if message["msg_type"] == "display_data"]
    assert "application/vnd.jupyter.widget-view+json" in shown[0]["data"]
    assert "Lovelace" not in json.dumps(shown)
    opened = [message["content"] for message in messages if message["msg_type"] == "comm_open"]
    assert "ada@example.com" not in json.dumps(opened)


def test_show_identity_false_names_nobody(shell, settings, browser):
    """Published notebooks say that somebody is signed in, not who."""
    settings(show_identity=False)
    messages = shell.run("%cognito_login", on_message=follow(browser))
    assert "Signed in" in text_of(messages)
    assert "Ada" not in json.dumps(messages, default=str)


def test_unload_ext_forgets_everything(shell, browser):
    """`%unload_ext` ends the sessions, removes the magics, and leaves no thread."""
    shell.run("%cognito_login", on_message=follow(browser))
    shell.run("%unload_ext cognito_nb")
    assert shell.value("cognito.is_alive") == "False"
    assert "not found" in text_of(shell.run("%cognito_login"))
    assert shell.value("import threading; [t.name for t in threading.enumerate() if t.name == 'cognito_nb']") == "[]"


def test_unload_ext_withdraws_a_pending_sign_in(shell, browser):
    """A button of `--no-wait` signs nobody in after everything was to be forgotten."""
    (url,) = {url for message in shell.run("%cognito_login --no-wait") if (url := start_url_of(message))}
    shell.run("%unload_ext cognito_nb")
    shell.run(
        "import threading\nfor thread in threading.enumerate():\n    thread.name == 'cognito_nb' and thread.join(5)"
    )
    assert shell.value("[t.name for t in threading.enumerate() if t.name == 'cognito_nb']") == "[]"
    assert browser.get(url).status != 303


def test_tab_completes_profiles_and_options(shell):
    """TAB after the magic offers the profiles of cognito.toml, and its options."""
    reply = shell.client.complete("%cognito_login ", reply=True, timeout=10)
    matches = reply["content"]["matches"]
    assert {"demo", "--force", "--no-wait"} <= set(matches)


@pytest.mark.accepted("AR-07")
def test_two_kernels_sign_in_at_once(jupyter, settings, pool, tmp_path):
    """Two kernels of one server start together; each gets its own user (AR-07)."""
    environment = {**os.environ, **jupyter.environment, "HOME": str(tmp_path)}
    kernels = {name: Kernel.start(environment=environment, folder=tmp_path) for name in ("ada", "grace")}
    browsers = {name: Browser(pool, name) for name in kernels}
    try:
        for kernel in kernels.values():
            kernel.run("%load_ext cognito_nb")

        runs = {name: kernel.begin("%cognito_login") for name, kernel in kernels.items()}
        for name, kernel in reversed(kernels.items()):
            kernel.finish(runs[name], on_message=follow(browsers[name]))
        for name, kernel in kernels.items():
            assert kernel.value("cognito.user.username") == repr(name)
    finally:
        for name, kernel in kernels.items():
            browsers[name].close()
            kernel.stop()


def test_login_cell_is_one_display_with_a_link_for_every_front_end(shell, browser):
    """Widget, HTML link and text in one output, which is updated: no second one, and no link once it has ended."""
    messages = shell.run("%cognito_login", on_message=follow(browser))
    (shown,) = [message["content"] for message in messages if message["msg_type"] == "display_data"]
    assert set(shown["data"]) == {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    assert f'<a href="{browser.opened[0]}"' in shown["data"]["text/html"]
    assert browser.opened[0] in shown["data"]["text/plain"]
    updates = [message["content"] for message in messages if message["msg_type"] == "update_display_data"]
    assert {update["transient"]["display_id"] for update in updates} == {shown["transient"]["display_id"]}
    assert set(updates[-1]["data"]) == {"text/html", "text/plain"}
    assert "cognito/start/" not in json.dumps(updates[-1])


def test_two_profiles_side_by_side(shell, settings, browser, tmp_path):
    """Each magic works on the profile that it names; the status has a card for each."""
    demo = (tmp_path / "cognito.toml").read_text()
    second = demo.replace("[profiles.demo]", "[profiles.second]")
    (tmp_path / "cognito.toml").write_text(f'default = "demo"\n{demo}\n{second}')
    shell.run("%cognito_login demo --as first", on_message=follow(browser))
    shell.run("%cognito_login second --force --as other", on_message=follow(browser))
    assert shell.value("import cognito_nb as cn; cn.current_session('demo') is first") == "True"
    cards = [each for each in shell.run("%cognito_status") if each["msg_type"] == "display_data"]
    assert len(cards) == 2
    shell.run("%cognito_logout demo")
    assert shell.value("first.is_alive, other.is_alive") == "(False, True)"
