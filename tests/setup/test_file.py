"""`cognito.toml`: a profile is added or changed, every other byte stays, and what cannot be changed is refused."""

import tomllib

import pytest

from cognito_nb.errors import ConfigurationError
from cognito_nb.setup.file import profile_in, read_text, table_text, with_profile, write_text

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


def changed(text, **values):
    return with_profile(text, "dev", {**VALUES, **values}, "cognito.toml")


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


def test_second_profile_leaves_the_first_the_default():
    """The only profile is the default without being named; beside a second one it has to be named."""
    text = '[profiles.prod]\nclient_id = "p"\n'
    assert changed(text).startswith(f'default = "prod"\n\n{text}')


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


@pytest.mark.parametrize(
    "text",
    [
        'profiles.dev = {client_id = "old"}\n',
        '[profiles]\ndev.client_id = "old"\n',
        '[profiles.dev]\nclient_id = """old"""\n',
        '[profiles.dev]\nredirect_uris = [\n  "https://old/",  # why\n]\n',
    ],
)
def test_other_forms_are_refused_with_the_text_to_paste(text):
    """Rather than to lose a comment, or to guess, the reader is given the text."""
    with pytest.raises(ConfigurationError) as refused:
        changed(text)
    assert table_text("dev", VALUES) in refused.value.message


def test_header_inside_a_text_is_none():
    """What looks like a header in a text of several lines does not mislead: it is refused or right, never wrong."""
    text = '[profiles.prod]\nlogin_hint = """\n[profiles.dev]\n"""\n[profiles.dev]\nclient_id = "old"\n'
    with pytest.raises(ConfigurationError):
        changed(text)


@pytest.mark.parametrize("text", ["[", "profiles = 1", "[profiles]\ndev = 1", "profiles = []"])
def test_unreadable_file_is_an_error_that_names_it(text):
    """No TOML, or other things where profiles should be."""
    with pytest.raises(ConfigurationError, match=r"here\.toml"):
        profile_in(text, "dev", "here.toml")


def test_read_and_write_keep_every_byte(tmp_path):
    """Line ends and letters of any kind come back as they were."""
    path, text = tmp_path / "cognito.toml", "# ä\r\n\n"
    assert read_text(path) == ""
    write_text(path, text)
    assert path.read_bytes() == text.encode()
    assert read_text(path) == text


def test_file_of_other_bytes_is_refused(tmp_path):
    """What is no UTF-8 is no TOML."""
    (tmp_path / "cognito.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_text(tmp_path / "cognito.toml")
