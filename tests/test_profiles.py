"""Profiles: which file is read, what may stand in it, and what comes before it."""

import json
import os
import socket
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from protocol.make import everything, failure, leaks

from cognito_nb import profiles as profiles_module
from cognito_nb.errors import ConfigurationError
from cognito_nb.profiles import load_config, profile_names

ENVIRONMENT = {"COGNITO_NB_USER_POOL_ID": "eu-west-1_FromEnv", "COGNITO_NB_CLIENT_ID": "fromenv"}
SECRET = "s3cretOfTheConfidentialClient2026"
FILE = """
[profiles.dev]
user_pool_id = "eu-west-1_Dev"
client_id = "devclient"
scopes = ["openid", "email"]
show_identity = false

[profiles.team-prod]
user_pool_id = "eu-west-1_Prod"
client_id = "prodclient"
"""
ONE = FILE.partition("[profiles.team-prod]")[0]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home folder, with nothing of the developer's in Jupyter's config folders."""
    home = tmp_path / "home"
    (home / "work" / "deep").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(home / "jupyter"))
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(home / "jupyter-path"))
    monkeypatch.delenv("JUPYTER_NO_CONFIG", raising=False)
    return home


@pytest.fixture
def load(home):
    """Load a profile with this file and environment."""

    def call(text=None, profile=None, /, **environ):
        folder = home / "work"
        if text is not None:
            (folder / "cognito.toml").write_text(text)
        return load_config(profile, environ=environ, folder=folder)

    return call


def refusal(load, *arguments, **environ):
    """Return the error that loading causes."""
    with pytest.raises(ConfigurationError) as caught:
        load(*arguments, **environ)
    return caught.value


# Which profile


def test_load_config_takes_the_only_profile(load):
    """A file with one profile needs no default."""
    made = load(ONE)
    assert (made.profile, made.client_id, made.scopes, made.show_identity) == (
        "dev",
        "devclient",
        ("openid", "email"),
        False,
    )


@pytest.mark.parametrize(
    ("text", "profile", "environ", "name"),
    [
        ('default = "team-prod"' + FILE, None, {}, "team-prod"),
        ('default = "team-prod"' + FILE, "dev", {}, "dev"),
        ('default = "team-prod"' + FILE, None, {"COGNITO_NB_PROFILE": "dev"}, "dev"),
        ('default = "team-prod"' + FILE, "team-prod", {"COGNITO_NB_PROFILE": "dev"}, "team-prod"),
        (FILE.replace("profiles.dev", "profiles.default"), None, {}, "default"),
    ],
)
def test_load_config_chooses_a_profile(load, text, profile, environ, name):
    """Argument, then COGNITO_NB_PROFILE, then the file's default."""
    assert load(text, profile, **environ).profile == name


def test_load_config_suggests_a_profile(load):
    """A misspelt name is not taken for another."""
    error = refusal(load, FILE, "team-pord")
    assert (error.setting, "'team-prod'" in error.hint) == ("profile", True)


def test_load_config_lists_the_profiles(load):
    """Where nothing is close."""
    assert refusal(load, FILE, "xyz").hint == "Known profiles: dev, team-prod."


def test_load_config_without_any_settings_says_what_to_do(load):
    """No file, no variables: how to begin, with and without AWS."""
    error = refusal(load)
    assert error.setting == "user_pool_id"
    assert all(word in error.hint for word in ("cognito.toml", "COGNITO_NB_USER_POOL_ID", "jupyter cognito demo"))


def test_load_config_of_an_empty_profile_names_what_is_missing(load):
    """It is there, so it is not called unknown."""
    assert "client_id is missing" in str(refusal(load, "[profiles.dev]\n"))


# What may stand in a file


@pytest.mark.parametrize(
    ("text", "setting", "suggestion"),
    [
        (ONE.replace("client_id", "clientid"), "clientid", "Did you mean 'client_id'?"),
        (ONE.replace("client_id", "cliend_id"), "cliend_id", "Did you mean 'client_id'?"),
        (ONE.replace("scopes", "scope"), "scope", "Did you mean 'scopes'?"),
        (ONE.replace("scopes", "qqq"), "qqq", "Known: user_pool_id"),
        (ONE.replace("[profiles.dev]", "[profile.dev]"), "profile", "Did you mean 'profiles'?"),
        ('defualt = "dev"' + ONE, "defualt", "Did you mean 'default'?"),
        (ONE + 'profile = "x"', "profile", "Known"),
        (ONE + "sources = {}", "sources", "Did you mean 'resource'?"),
    ],
)
def test_load_config_refuses_an_unknown_key(load, text, setting, suggestion):
    """A misspelt setting is not silently nothing."""
    error = refusal(load, text)
    assert (error.setting, suggestion in error.hint) == (setting, True)


def test_load_config_refuses_a_client_secret_in_a_file(load):
    """The file is committed; the fix is named, the secret is not shown."""
    text = ONE + f'client_secret = "{SECRET}"'
    error = refusal(load, text, COGNITO_NB_CLIENT_SECRET="another")
    assert (error.setting, "COGNITO_NB_CLIENT_SECRET" in error.hint, SECRET in str(error)) == (
        "client_secret",
        True,
        False,
    )


@pytest.mark.parametrize("url", ["http://localhost:9000/token", "https://127.0.0.1/token", "http://[::1]:9000"])
def test_load_config_takes_endpoints_on_loopback_in_a_file(load, url):
    """For emulators."""
    assert load(f'{ONE}endpoints = {{ token = "{url}" }}').endpoints["token"] == url


@pytest.mark.parametrize(
    "value",
    [
        '"https://evil.example/token"',
        '"https://localhost@evil.example"',
        '"https://localhost.evil.example"',
        '"http://["',
        '"http://[localhost"',
        '"http://localhost\\\\@evil.example"',
        '"localhost"',
        "5",
        "[1]",
        '""',
    ],
)
@pytest.mark.refused("CF-02")
@pytest.mark.refused("NL-15")
def test_load_config_refuses_endpoints_elsewhere_in_a_file(load, value):
    """A cloned repository must not send code and verifier away behind a genuine sign-in page."""
    assert refusal(load, f"{ONE}endpoints = {{ token = {value} }}").setting == "endpoints"


INSIDE = ["https://169.254.169.254", "10.0.0.1", "http://10.0.0.1", "https://[fe80::1]", "file:///", "gopher:"]


@pytest.mark.refused("CF-02")
@pytest.mark.parametrize("setting", ["domain", "issuer", "endpoints"])
@pytest.mark.parametrize("url", INSIDE)
@pytest.mark.parametrize("way", ["file", "environment"])
def test_load_config_refuses_targets_in_a_private_network(load, monkeypatch, setting, url, way):
    """From a shared file or the environment: before any name is looked up or any connection opened (CF-02)."""
    for name in ("getaddrinfo", "create_connection", "socket"):
        monkeypatch.setattr(socket, name, lambda *_, **__: pytest.fail("something is asked"))
    text = json.dumps({"token": url}) if setting == "endpoints" else url
    in_toml = f'{{ token = "{url}" }}' if setting == "endpoints" else f'"{url}"'
    if way == "file":
        error = refusal(load, f"{ONE}{setting} = {in_toml}\n")
    else:
        error = refusal(load, None, **ENVIRONMENT, **{f"COGNITO_NB_{setting.upper()}": text})
    assert (error.setting, setting in str(error), len(str(error)) <= 500) == (setting, True, True)


def test_load_config_takes_endpoints_elsewhere_from_the_environment(load):
    """That is the user's own doing."""
    url = "https://idp.example.com/token"
    assert load(ONE, COGNITO_NB_ENDPOINTS=json.dumps({"token": url})).endpoints["token"] == url


@pytest.mark.parametrize(
    "text",
    [
        "profiles = 5",
        "profiles = []",
        "[profiles]\ndev = 5",
        "default = 5\n" + ONE,
        "[profiles.dev",
        "a = ",
        "\x00",
        "é = 1",
        "x = " + "[" * 100_000,
        "x" * 300_000,
        "[a]\n[a]",
        ONE + 'user_pool_id = "twice"',
        ONE + "client_id.x = 1",
    ],
    ids=range(13),
)
def test_load_config_refuses_a_broken_file(load, home, text):
    """The file is named; no TOMLDecodeError or RecursionError gets out."""
    error = refusal(load, text)
    assert str(home / "work" / "cognito.toml") in str(error.source)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\xe9 = 1"])
def test_load_config_refuses_a_file_that_is_no_utf8(load, home, content):
    """The same for bytes that are no text."""
    (home / "work" / "cognito.toml").write_bytes(content)
    assert "UnicodeDecodeError" in str(refusal(load))


def test_load_config_refuses_a_file_that_is_too_large(load):
    """It is not read half, or a setting at its end would be missing unseen."""
    assert "larger than" in str(refusal(load, ONE + "# padding\n" * 30_000))


def test_load_config_says_where_in_the_file_the_mistake_is(load):
    """Line and column."""
    assert "line 2, column 4" in str(refusal(load, "\na =\n"))


def test_load_config_shows_no_value_of_a_broken_file(home):
    """Somebody may have put a secret into it all the same: no frame of the error holds the text."""
    (home / "cognito.toml").write_text(f'client_secret = "{SECRET}"\na =')
    assert leaks([SECRET], everything(failure(partial(load_config, folder=home)))) == []


# What comes from the environment


def test_load_config_from_the_environment_alone(load):
    """CI and containers need no file."""
    made = load(**ENVIRONMENT, COGNITO_NB_SCOPES="openid  x/read", COGNITO_NB_SHOW_IDENTITY="false")
    assert (made.profile, made.client_id, made.scopes, made.show_identity) == (
        "default",
        "fromenv",
        ("openid", "x/read"),
        False,
    )


def test_load_config_takes_the_environment_before_the_file(load):
    """For the default profile; what only the file has stays."""
    made = load(ONE, COGNITO_NB_CLIENT_ID="fromenv")
    assert (made.client_id, made.user_pool_id) == ("fromenv", "eu-west-1_Dev")


def test_load_config_takes_a_profiles_own_variable_before_the_general_one(load):
    """`COGNITO_NB_<PROFILE>__<SETTING>`."""
    assert load(ONE, COGNITO_NB_CLIENT_ID="general", COGNITO_NB_DEV__CLIENT_ID="own").client_id == "own"


def test_load_config_leaves_other_profiles_alone(load):
    """The general variables are for the default profile only."""
    made = load('default = "dev"' + FILE, "team-prod", COGNITO_NB_CLIENT_ID="general", COGNITO_NB_TEAM_PROD__LANG="de")
    assert (made.client_id, made.lang) == ("prodclient", "de")


def test_load_config_ignores_an_empty_variable(load):
    """It stands for unset."""
    assert load(ONE, COGNITO_NB_CLIENT_ID="").client_id == "devclient"


def test_load_config_records_where_values_came_from(load, home):
    """The status shows it."""
    sources = load(ONE, COGNITO_NB_CLIENT_ID="fromenv").sources
    file = home / "work" / "cognito.toml"
    assert sources["client_id"] == "environment variable COGNITO_NB_CLIENT_ID"
    assert (sources["user_pool_id"], "issuer" in sources) == (f"profile 'dev' in {file}", False)


@pytest.mark.parametrize(
    ("environ", "source"),
    [({}, "profile 'dev' in "), ({"COGNITO_NB_LANG": "yy"}, "environment variable COGNITO_NB_LANG")],
)
def test_load_config_names_the_source_of_a_refused_value(load, environ, source):
    """The reader knows what to mend."""
    error = refusal(load, ONE + 'lang = "xx"', **environ)
    assert (error.setting, error.source.startswith(source)) == ("lang", True)


@pytest.mark.parametrize(
    ("variable", "suggestion"),
    [
        ("COGNITO_NB_CLIENTID", "'client_id'"),
        ("COGNITO_NB_DEV__SCOPE", "'scopes'"),
        ("COGNITO_NB_SOURCES", "'resource'"),
        ("COGNITO_NB_DEV__PROFILE", "Known"),
        ("COGNITO_NB_", "Known"),
    ],
)
def test_load_config_refuses_an_unknown_variable(load, variable, suggestion):
    """A misspelt variable is not silently nothing."""
    error = refusal(load, ONE, **{variable: "x"})
    assert (error.source, suggestion in error.hint) == (f"environment variable {variable}", True)


@pytest.mark.parametrize(
    "variable",
    [
        "COGNITO_NB_SERVER_URL",
        "COGNITO_NB_SERVER_TOKEN",
        "COGNITO_NB_SERVER_CA",
        "COGNITO_NB_REQUIRE_BROWSER",
        "COGNITO_NBX",
        "X",
    ],
)
def test_load_config_leaves_variables_alone_that_are_no_settings(load, variable):
    """The server extension's own, the test suite's, and everybody else's."""
    assert load(ONE, **{variable: "x"}).client_id == "devclient"


@pytest.mark.parametrize("value", ["{", "nonsense", "[" * 100_000, "NaNa", "'a'"], ids=range(5))
def test_load_config_refuses_endpoints_that_are_no_json(load, value):
    """No JSONDecodeError or RecursionError gets out."""
    error = refusal(load, ONE, COGNITO_NB_ENDPOINTS=value)
    assert (error.setting, error.source) == ("endpoints", "environment variable COGNITO_NB_ENDPOINTS")


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("1", True), ("TRUE", True), ("false", False), ("0", False)]
)
def test_load_config_reads_a_switch(load, text, value):
    """The usual spellings."""
    assert load(ONE, COGNITO_NB_SHOW_IDENTITY=text).show_identity is value


def test_load_config_refuses_another_spelling_of_a_switch(load):
    """It is not guessed."""
    assert refusal(load, ONE, COGNITO_NB_SHOW_IDENTITY="yes").setting == "show_identity"


def test_load_config_takes_the_client_secret_from_the_environment(load):
    """As an opaque secret."""
    made = load(ONE, COGNITO_NB_CLIENT_SECRET=SECRET)
    assert (made.secret.reveal(), SECRET in repr(made)) == (SECRET, False)


def test_load_config_shows_no_client_secret_of_the_environment(home, monkeypatch):
    """Whatever else is refused: no frame of the error shows the environment."""
    for name, value in {**ENVIRONMENT, "COGNITO_NB_CLIENT_SECRET": SECRET, "COGNITO_NB_LANG": "xx"}.items():
        monkeypatch.setenv(name, value)
    assert leaks([SECRET], everything(failure(partial(load_config, folder=home)))) == []


def test_load_config_reads_the_processes_environment_and_folder(home, monkeypatch):
    """Unless a test says otherwise."""
    monkeypatch.chdir(home / "work")
    (home / "work" / "cognito.toml").write_text(ONE)
    monkeypatch.setenv("COGNITO_NB_CLIENT_ID", "fromenv")
    made = load_config()
    assert (made.user_pool_id, made.client_id) == ("eu-west-1_Dev", "fromenv")


# Which file


def found(folder, **environ):
    """Return the pool of the file that is found from a folder, or None."""
    try:
        return load_config(environ=environ, folder=folder).user_pool_id
    except ConfigurationError as error:
        return None if error.setting == "user_pool_id" else error


def write(folder, pool="eu-west-1_Here"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cognito.toml").write_text(f'[profiles.x]\nuser_pool_id = "{pool}"\nclient_id = "x"')


def test_the_nearest_file_counts(home):
    """The notebook's folder comes before its parents."""
    write(home / "work", "eu-west-1_Far")
    write(home / "work" / "deep", "eu-west-1_Near")
    assert found(home / "work" / "deep") == "eu-west-1_Near"


def test_a_parents_file_counts(home):
    """A repository has one file for its notebooks."""
    write(home / "work")
    assert found(home / "work" / "deep") == "eu-west-1_Here"


def test_the_homes_file_counts(home):
    """The home folder is the last that is looked at."""
    write(home)
    assert found(home / "work" / "deep") == "eu-west-1_Here"


def test_the_search_ends_at_the_home_folder(home):
    """What lies above it is somebody else's."""
    write(home.parent)
    assert found(home / "work" / "deep") is None


@pytest.mark.parametrize("is_file", [True, False])
def test_the_search_ends_at_a_repositorys_root(home, is_file):
    """Also where .git is a file, as in a worktree; a file beside it counts still."""
    write(home)
    git = home / "work" / ".git"
    git.touch() if is_file else git.mkdir()
    assert found(home / "work" / "deep") is None
    write(home / "work")
    assert found(home / "work" / "deep") == "eu-west-1_Here"


def test_jupyters_config_folder_comes_last(home):
    """For settings that are no repository's."""
    write(home / "jupyter", "eu-west-1_Jupyter")
    assert found(home / "work") == "eu-west-1_Jupyter"
    write(home / "work")
    assert found(home / "work") == "eu-west-1_Here"


@pytest.mark.parametrize(("owner", "pool"), [(0, "eu-west-1_Near"), (12345, "eu-west-1_Far")])
def test_a_file_of_another_owner_is_ignored(home, monkeypatch, owner, pool):
    """Anybody can leave one in /tmp; root's and the user's own count."""
    write(home, "eu-west-1_Far")
    write(home / "work", "eu-west-1_Near")
    stat = Path.stat

    def stat_of(path, **keywords):
        status = stat(path, **keywords)
        return os.stat_result((*status[:4], owner, *status[5:])) if path == home / "work" / "cognito.toml" else status

    monkeypatch.setattr(Path, "stat", stat_of)
    assert found(home / "work") == pool


def test_a_folder_of_that_name_is_no_file(home):
    """It is passed over."""
    (home / "work" / "cognito.toml").mkdir()
    write(home)
    assert found(home / "work") == "eu-west-1_Here"


def test_a_folder_that_may_not_be_entered_is_passed_over(home, monkeypatch):
    """No PermissionError gets out."""
    write(home)
    is_file = Path.is_file

    def forbidden(path):
        if path.parent == home / "work":
            raise PermissionError
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", forbidden)
    assert found(home / "work") == "eu-west-1_Here"


def test_a_working_folder_that_was_removed_is_no_trouble(home, monkeypatch):
    """A kernel may outlive its notebook's folder."""
    gone = home / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert load_config(environ=ENVIRONMENT).client_id == "fromenv"


def test_without_a_home_folder_settings_are_found_all_the_same(home, monkeypatch):
    """Containers may have none (LF-15)."""
    write(home / "work")
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # what Python does without HOME and passwd entry
    assert found(home / "work") == "eu-west-1_Here"


def test_the_configured_file_counts_whoever_owns_it(home, tmp_path, monkeypatch):
    """COGNITO_NB_CONFIG names a file on purpose."""
    write(tmp_path / "elsewhere")
    monkeypatch.setattr(profiles_module, "_is_ours", lambda _: False)
    write(home / "work", "eu-west-1_NotThis")
    assert found(home / "work", COGNITO_NB_CONFIG=str(tmp_path / "elsewhere" / "cognito.toml")) == "eu-west-1_Here"


def test_the_configured_file_may_begin_with_a_tilde(home):
    """As in a shell."""
    write(home)
    assert found(home / "work", COGNITO_NB_CONFIG="~/cognito.toml") == "eu-west-1_Here"


@pytest.mark.parametrize("path", ["/nowhere/cognito.toml", "~nobody-of-that-name/x", "\x00", "."])
def test_a_configured_file_that_is_not_there_is_an_error(load, path):
    """No other file is taken for it."""
    error = refusal(load, ONE, COGNITO_NB_CONFIG=path)
    assert (error.setting, error.source) == ("COGNITO_NB_CONFIG", "environment variable COGNITO_NB_CONFIG")


# Names


def test_profile_names_are_sorted(home, monkeypatch):
    """For TAB."""
    (home / "cognito.toml").write_text(FILE)
    assert profile_names(environ={}, folder=home) == ["dev", "team-prod"]
    monkeypatch.chdir(home)
    assert profile_names() == ["dev", "team-prod"]


@pytest.mark.parametrize("text", ["[", "x = " + "[" * 100_000, "profiles = 5"], ids=range(3))
def test_profile_names_of_an_unreadable_file_are_none(home, text):
    """TAB raises nothing."""
    (home / "cognito.toml").write_text(text)
    assert profile_names(environ={}, folder=home) == []


TOML_VALUES = st.sampled_from(
    ['"x"', "5", "1.5", "nan", "true", "[]", '["x"]', "{}", '{a = "x"}', "1979-05-27", '"""\n"""', '"http://["']
)
KEYS = st.sampled_from(
    [
        "user_pool_id",
        "client_id",
        "scopes",
        "domain",
        "endpoints",
        "region",
        "issuer",
        "show_identity",
        "api_origins",
        "x",
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(
    st.dictionaries(KEYS, TOML_VALUES, max_size=4),
    st.dictionaries(KEYS.map(str.upper), st.text(st.characters(exclude_characters="\0")), max_size=3),
)
def test_load_config_takes_anything(load, table, environ):
    """Any file and environment make a config, or an error that names a setting; never another exception."""
    lines = ["[profiles.dev]", *(f"{key} = {value}" for key, value in table.items())]
    try:
        made = load("\n".join(lines), **{f"COGNITO_NB_{name}": value for name, value in environ.items()})
    except ConfigurationError as error:
        made = error
    assert made.setting if isinstance(made, ConfigurationError) else made.client_id
