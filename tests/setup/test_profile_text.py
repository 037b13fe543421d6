"""A profile in a file's text: it is added or changed, every other byte stays, and what cannot be changed is refused."""

import random
import re
import tomllib

import pytest

from cognito_nb.config import SETTINGS
from cognito_nb.errors import ConfigurationError
from cognito_nb.setup.profile_text import table_text, with_profile

VALUES = {"user_pool_id": "eu-west-1_AbC123", "client_id": "abc", "redirect_uris": ["http://localhost:8888/x"]}
OTHERS = """\
# ours
default = "prod"   # the real one

[profiles.prod]    # do not touch
user_pool_id='eu-west-1_Prod12'
client_id   = "p"  # since May
"""
CHANGED = """\
[profiles.dev]
user_pool_id = "eu-west-1_AbC123"
client_id    = "old"  # since June
redirect_uris = [
  "http://localhost:8888/x",
]

# the next one
[profiles.prod]
client_id = "old"
"""
LISTS = ("scopes", "redirect_uris", "api_origins")
ENDPOINTS = {"token": "http://localhost:9000/oauth2/token", "jwks": "http://localhost:9000/jwks"}


def changed(text, **values):
    return with_profile(text, "dev", {**VALUES, **values}, "cognito.toml")


def value_of(setting):
    """A value of the type that the setting has."""
    if setting == "endpoints":
        return ENDPOINTS
    return ["a", "b"] if setting in LISTS else True if setting == "show_identity" else "text"


def test_new_file_names_the_default():
    """A file that was not there has one profile, which is the default."""
    text = changed("")
    assert tomllib.loads(text) == {"default": "dev", "profiles": {"dev": VALUES}}
    assert text.startswith("# ")


def test_new_profile_is_added_below_what_is_there():
    """Other profiles and comments stay byte for byte."""
    text = changed(OTHERS)
    assert text.startswith(f"{OTHERS}\n[profiles.dev]\n")
    assert tomllib.loads(text)["profiles"]["dev"] == VALUES


@pytest.mark.parametrize("end", ["", "\n"])
def test_new_profile_starts_a_line_of_its_own(end):
    """A last line without an end is no reason to write into it."""
    text = '[profiles.prod]\nclient_id = "p"' + end
    assert tomllib.loads(changed(text))["profiles"] == {"prod": {"client_id": "p"}, "dev": VALUES}


@pytest.mark.parametrize("name", ["prod", "zürich", "😀"])
def test_second_profile_leaves_the_first_the_default(name):
    """The only profile is the default without being named; beside a second one it has to be named."""
    text = f'[profiles."{name}"]\nclient_id = "p"\n'
    assert changed(text).startswith(f'default = "{name}"\n\n{text}')


def test_profile_that_says_it_already_is_left_alone():
    """However it is written: other quotes, another order."""
    text = (
        "[profiles.dev]\nclient_id='abc'\nredirect_uris=['http://localhost:8888/x',]\nuser_pool_id='eu-west-1_AbC123'"
    )
    assert changed(text) == text


def test_value_is_changed_in_its_place():
    """The line keeps its place, its alignment and its comment; no other byte changes."""
    assert changed(CHANGED) == CHANGED.replace('"old"  # since June', '"abc"  # since June')


def test_new_setting_comes_below_the_profiles_last():
    """Not below the comment that belongs to the next profile."""
    text = changed(CHANGED, client_id="old", logout_uri="https://a/")
    assert text == CHANGED.replace("]\n\n# the next", ']\nlogout_uri = "https://a/"\n\n# the next')


def test_list_over_several_lines_is_changed_whole():
    """A list stays one list."""
    text = changed(CHANGED, client_id="old", redirect_uris=["http://localhost:8888/x", "https://b/y"])
    assert tomllib.loads(text)["profiles"]["dev"]["redirect_uris"][1] == "https://b/y"
    assert text.endswith('\n\n# the next one\n[profiles.prod]\nclient_id = "old"\n')


def test_line_ends_are_kept():
    """A file from Windows stays one."""
    text = changed(CHANGED.replace("\n", "\r\n"), logout_uri="https://a/")
    assert text.count("\n") == text.count("\r\n") == CHANGED.count("\n") + 1


def test_header_at_the_end_of_the_file():
    """An empty profile without a line end gets its settings."""
    assert tomllib.loads(changed("[profiles.dev]"))["profiles"]["dev"] == VALUES


@pytest.mark.parametrize("setting", SETTINGS)
def test_any_setting_that_is_there_stays(setting):
    """Whatever the profile says beside what is changed, of whatever type, is left as it is written."""
    text = table_text("dev", {setting: value_of(setting)})
    values = {**VALUES, setting: value_of(setting)}
    after = with_profile(text, "dev", values, "cognito.toml")
    assert after.startswith(text)
    assert tomllib.loads(after)["profiles"]["dev"] == values


@pytest.mark.parametrize("setting", SETTINGS)
def test_any_setting_can_be_pasted(setting):
    """The text to paste says what was meant, whatever the setting's type."""
    values = {**VALUES, setting: value_of(setting)}
    assert tomllib.loads(table_text("dev", values))["profiles"]["dev"] == values


def test_table_below_the_profile_stays():
    """Endpoints may have a header of their own; new settings come above it."""
    text = '[profiles.dev]\nclient_id = "old"\n\n[profiles.dev.endpoints]\ntoken = "http://localhost/x"\n'
    after = changed(text, endpoints={"token": "http://localhost/x"})
    assert after.endswith('\n[profiles.dev.endpoints]\ntoken = "http://localhost/x"\n')
    assert tomllib.loads(after)["profiles"]["dev"]["client_id"] == "abc"


def test_what_is_not_known_yet_keeps_its_place():
    """That it can be written is known before its text is, and nothing that stands for it can be pasted."""
    with pytest.raises(ConfigurationError):
        changed('[profiles.dev]\nclient_id = """old"""\n', client_id=None)
    assert "client_id" in tomllib.loads(changed("", client_id=None))["profiles"]["dev"]
    assert "client_id" not in table_text("dev", {**VALUES, "client_id": None})


@pytest.mark.parametrize("header", ["[ profiles . 'dev' ]", '[profiles."dev"] # ours'])
def test_header_may_have_quotes_and_spaces(header):
    """TOML allows them, and so a hand may have written them."""
    assert tomllib.loads(changed(f'{header}\nclient_id = "old"\n'))["profiles"]["dev"] == VALUES


@pytest.mark.parametrize("header", ['[profiles."my prod"]', "[ profiles . 'a.b' ] # c", "[profiles.prod.endpoints]"])
def test_next_header_may_be_any(header):
    """Where the profile ends is seen, whatever the next one's name."""
    text = f'[profiles.dev]\nclient_id = "old"\n\n{header}\ntoken = "t"\n'
    after = changed(text)
    assert after.endswith(f'\n\n{header}\ntoken = "t"\n')
    assert tomllib.loads(after)["profiles"]["dev"] == VALUES


@pytest.mark.parametrize("filler", ["\n", "# x\n", " \t\n"])
def test_long_gap_between_profiles_is_no_burden(filler):
    """The largest file that notebooks read is changed at once: nothing here takes the square of its length."""
    gap = filler * (250_000 // len(filler))
    assert changed(f'[profiles.dev]\nclient_id = "old"\n{gap}[other]\n').endswith(f"]\n{gap}[other]\n")


@pytest.mark.parametrize(
    "text",
    [
        'profiles.dev = {client_id = "old"}\n',
        '[profiles]\ndev.client_id = "old"\n',
        '[profiles.dev]\nclient_id = """old"""\n',
        '[profiles.dev]\nredirect_uris = [\n  "https://old/",  # why\n]\n',
    ],
)
def test_other_forms_are_refused(text):
    """Rather than to lose a comment, or to guess, the reader is asked to write it."""
    with pytest.raises(ConfigurationError, match=r"here\.toml is written in a form that is left alone"):
        with_profile(text, "dev", VALUES, "here.toml")


def test_header_inside_a_text_is_none():
    """What looks like a header in a text of several lines does not mislead: it is refused or right, never wrong."""
    text = '[profiles.prod]\nlogin_hint = """\n[profiles.dev]\n"""\n[profiles.dev]\nclient_id = "old"\n'
    with pytest.raises(ConfigurationError):
        changed(text)


TOML_VALUES = (
    *('"a"', "'b'", '"c#d"', '"x\\"y"', '"\\u00e9"', '""', "true", "[]", '["a", "b"]', '["a",\n"b"]', "5", "[['a']]"),
    *('[\n  "a", # why\n  "b",\n]', "[\"a]\", '[b']", '"""m\nclient_id = "old"\n"""', '{token="http://localhost/x"}'),
)
HEADERS = ("[profiles.dev]", "[profiles.prod]", '[profiles."my prod"]', "[ profiles.dev2 ]", "[profiles.dev.endpoints]")


def any_table(source, header):
    text = header + source.choice(["", " # hc ", " \t"]) + "\n"
    for name in source.sample(
        [*VALUES, "logout_uri", "show_identity", "endpoints", '"client_id"'], source.randrange(6)
    ):
        text += source.choice(["", "", "\n", f"# c{source.random()}\n", '  # client_id = "zz"\n', "\t\n"])
        text += source.choice(["", " ", "\t"]) + name + source.choice(["=", " = "]) + source.choice(TOML_VALUES)
        text += source.choice(["", f" # tc{source.random()}"]) + "\n"
    return text + source.choice(["", "\n", "\n# between\n\n"])


def any_file(source):
    tables = [any_table(source, header) for header in source.sample(HEADERS, source.randrange(len(HEADERS)))]
    text = source.choice(["", "# head\n", "default = 'prod'\n"]) + "".join(tables)
    text = source.choice([text, text, text.rstrip("\n")])
    return source.choice([text, text, text.replace("\n", "\r\n")])


def test_any_file_is_changed_as_meant_or_refused():
    """Each of two thousand files says afterwards what was meant, with all its comments, or is refused; none crashes."""
    source, written = random.Random(7), 0
    for _ in range(2000):
        text = any_file(source)
        try:
            before = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            continue
        values = {**before.get("profiles", {}).get("dev", {}), **VALUES, **source.choice([{}, {"logout_uri": "L"}])}
        try:
            after = with_profile(text, "dev", values, "cognito.toml")
        except ConfigurationError:
            continue
        written += 1
        assert tomllib.loads(after)["profiles"]["dev"] == values, text
        left = iter(re.findall(r"#[^\r\n]*", after))
        assert all(comment in left for comment in re.findall(r"#[^\r\n]*", text)), text
        assert "\n" not in after.replace("\r\n", "") or "\r\n" not in text, text
    assert written > 500
