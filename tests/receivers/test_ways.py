"""Which receiver is chosen, by which facts, and what the user is told of it."""

import pytest
from kernel.conftest import config_of
from sockets import free_ports

import cognito_nb as cn
from cognito_nb import asking, receivers
from cognito_nb.errors import ConfigurationError, NetworkError
from cognito_nb.receivers import RECEIVERS, ways
from cognito_nb.receivers.surroundings import Sign
from cognito_nb.sign_in import SignIn
from cognito_nb.wire import ENV_SERVER_TOKEN, ENV_SERVER_URL

HERE, ELSEWHERE = None, Sign("an SSH session")
LOCAL, REMOTE = "http://localhost:8888/cognito/callback", "https://hub.example.org/cognito/callback"


def settings(*uris):
    return cn.CognitoConfig(user_pool_id="eu-west-1_AbC", client_id="c", redirect_uris=list(uris))


@pytest.fixture
def place(monkeypatch):
    """Say where this kernel runs, and whether a Jupyter server has left its capability."""

    def put(sign, *, server_port=None):
        monkeypatch.setattr(receivers, "sign_of_elsewhere", lambda: sign)
        if server_port:
            monkeypatch.setenv(ENV_SERVER_URL, f"http://127.0.0.1:{server_port}/")
            monkeypatch.setenv(ENV_SERVER_TOKEN, "capability")

    return put


@pytest.mark.parametrize(
    ("sign", "server", "uris", "by_program", "expected"),
    [
        (HERE, True, [LOCAL], False, ["jupyter", "loopback"]),
        (ELSEWHERE, True, [LOCAL], False, ["jupyter", "paste"]),
        (HERE, False, [LOCAL], False, ["loopback"]),
        (HERE, False, [], False, ["loopback"]),
        (HERE, False, [REMOTE, LOCAL], False, ["loopback"]),
        (HERE, False, [REMOTE], False, ["paste"]),
        (ELSEWHERE, False, [LOCAL], False, ["paste"]),
        (ELSEWHERE, False, [REMOTE], False, ["paste"]),
        (ELSEWHERE, False, [LOCAL], True, ["loopback"]),
        (ELSEWHERE, True, [REMOTE], True, ["jupyter", "loopback"]),
    ],
)
def test_auto_chooses_by_facts(place, sign, server, uris, by_program, expected):
    """The server that started the kernel; else a port of the user's machine; else paste, and never for a program."""
    place(sign, server_port=1 if server else None)
    assert [way.make().name for way in ways("auto", settings(*uris), by_program=by_program)] == expected


@pytest.mark.parametrize(
    ("sign", "server", "uris", "reason"),
    [
        (HERE, True, [LOCAL], "this kernel's Jupyter server has the extension"),
        (HERE, False, [LOCAL], "kernel and browser are on this machine"),
        (HERE, False, [REMOTE], "no redirect_uris lead to a port of this machine"),
        (ELSEWHERE, False, [LOCAL], "it runs in an SSH session"),
    ],
)
def test_auto_says_why(place, sign, server, uris, reason):
    """The fact that decided is named."""
    place(sign, server_port=1 if server else None)
    assert reason in ways("auto", settings(*uris), by_program=False)[0].reason


@pytest.mark.parametrize("name", RECEIVERS[1:])
def test_receiver_by_name_is_the_only_way(place, name):
    """What was asked for is not replaced by what would fit better."""
    place(ELSEWHERE, server_port=1)
    (way,) = ways(name, settings(LOCAL), by_program=False)
    assert (way.make().name, way.reason) == (name, "you asked for it")


def test_unknown_receiver_is_told_with_the_list():
    """A misspelt name is a setting to mend."""
    with pytest.raises(ConfigurationError, match="'lopback'") as caught:
        ways("lopback", settings(LOCAL), by_program=False)
    assert "loopback" in caught.value.hint


@pytest.mark.holds("SE-17")
def test_jupyter_without_the_extension_says_what_to_install(place):
    """Whoever insists on the server is told how to get it."""
    place(HERE)
    with pytest.raises(ConfigurationError, match="not started by a Jupyter server that has") as caught:
        ways("jupyter", settings(LOCAL), by_program=False)
    assert caught.value.cause == "extension_missing"
    assert "jupyter server extension list" in caught.value.hint


@pytest.fixture
def prepared():
    """Prepare a sign-in; returns it."""
    made = []

    def prepare(config, **options):
        made.append(sign_in := SignIn(config, timeout=20, **options))
        sign_in.background.run(sign_in.prepare())
        return sign_in

    yield prepare
    for sign_in in made:
        sign_in.background.run(sign_in.withdraw())
        sign_in.close()


@pytest.mark.parametrize(
    ("sign", "name", "how"),
    [
        (HERE, "loopback", "comes back to port {port} of this machine: kernel and browser are on this machine"),
        (ELSEWHERE, "paste", "beginning with {uri}?, and paste it here"),
    ],
)
def test_dead_server_is_passed_over(place, prepared, config, uris, ports, sign, name, how):
    """Its capability outlives it in the kernel: the next way is taken, and said."""
    place(sign, server_port=free_ports(1)[0])
    sign_in = prepared(config, receiver="auto")
    assert sign_in.receiver.name == name
    assert how.format(port=ports[0], uri=uris[0]) in asking.how_it_comes_back(sign_in)


def test_dead_server_that_was_asked_for_is_an_error(place, prepared, config):
    """Nothing else was wanted."""
    place(HERE, server_port=free_ports(1)[0])
    with pytest.raises(NetworkError):
        prepared(config, receiver="jupyter")


def test_dead_server_opens_one_url_only(place, config, browser):
    """`open_url` is called once, with the way that works."""
    place(ELSEWHERE, server_port=free_ports(1)[0])
    assert cn.login(config=config, open_url=browser.open, timeout=20).user.username == "ada"
    assert len(browser.opened) == 1


def test_usual_way_needs_no_words(place, prepared, pool):
    """A button through the Jupyter server explains itself; what is said of it would only be read."""
    place(HERE, server_port=1)
    sign_in = SignIn(config_of(pool), timeout=20, receiver="jupyter")
    sign_in._receiver = ways("jupyter", sign_in.config, by_program=False)[0].make()
    assert asking.how_it_comes_back(sign_in) == ""
    sign_in.close()
