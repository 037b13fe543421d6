"""The team's file: the one, and the profile, that notebooks read; it is written whole, or not at all."""

import os
from pathlib import Path

import pytest

from cognito_nb import profiles
from cognito_nb.errors import ConfigurationError
from cognito_nb.profiles import load_config
from cognito_nb.setup.file import read_team_file, refuse_unwritable, write_text

PROD = '[profiles.prod]\nuser_pool_id = "eu-west-1_Prod12"\nclient_id = "p"\n'
STAGE = PROD.replace("prod", "stage")


def read():
    return read_team_file(None, None)


@pytest.mark.parametrize(
    ("text", "environment", "profile"),
    [
        (PROD, None, "prod"),
        (PROD + STAGE, "stage", "stage"),
        (f'default = "stage"\n{PROD}{STAGE}', None, "stage"),
        (f'default = "stage"\n{PROD}{STAGE}', "prod", "prod"),
    ],
)
def test_profile_is_the_one_that_notebooks_use(monkeypatch, text, environment, profile):
    """The environment, the file's default, its only one: as everywhere in the package."""
    if environment:
        monkeypatch.setenv("COGNITO_NB_PROFILE", environment)
    Path("cognito.toml").write_text(text)
    assert read().profile == load_config().profile == profile
    assert read().table["client_id"] == "p"


@pytest.mark.parametrize("text", [None, "", PROD + STAGE])
def test_profile_that_nobody_names_is_dev(text):
    """In a new file, and beside several of which none is the default."""
    if text is not None:
        Path("cognito.toml").write_text(text)
    assert (read().profile, read().table) == ("dev", {})


def test_profile_with_an_odd_name_is_not_written():
    """A name out of the file is held to the same letters as one from the command line."""
    Path("cognito.toml").write_text('default = "a\\n+ b"\n')
    with pytest.raises(ConfigurationError, match="'a [+] b'") as refused:
        read()
    assert "--profile" in refused.value.hint


def _another_users(monkeypatch):
    Path("cognito.toml").write_text(PROD)
    monkeypatch.setattr(profiles, "_is_ours", lambda _: False)


UNREAD = {
    "another user's": _another_users,
    "a link to nothing": lambda _: Path("cognito.toml").symlink_to("elsewhere.toml"),
    "a link to a device": lambda _: Path("cognito.toml").symlink_to("/dev/zero"),
    "a pipe": lambda _: os.mkfifo("cognito.toml"),
    "a folder": lambda _: Path("cognito.toml").mkdir(),
}


@pytest.mark.parametrize("make", UNREAD.values(), ids=UNREAD)
def test_file_that_notebooks_refuse_is_refused(monkeypatch, make):
    """What the package does not trust is neither read nor written through."""
    make(monkeypatch)
    with pytest.raises(ConfigurationError, match="Notebooks do not read"):
        read()
    assert not Path("elsewhere.toml").exists()


def test_named_file_must_be_a_regular_one():
    """A device or a pipe, which may have no end, is not read even if it is named."""
    with pytest.raises(ConfigurationError, match="no regular file"):
        read_team_file(Path("/dev/zero"), None)


def test_large_file_is_refused():
    """Notebooks read so much and no more."""
    Path("cognito.toml").write_text("#" * 300_000)
    with pytest.raises(ConfigurationError, match="larger than"):
        read()


@pytest.mark.parametrize(
    "text", ["[", "profiles = 1", "[profiles]\ndev = 1", "client_id = 'abc'", "default = 1", "a = 1"]
)
def test_file_that_notebooks_could_not_load_is_refused(text):
    """No TOML, or things where they do not belong: told now, not when somebody signs in."""
    path = Path("here.toml")
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=r"here\.toml"):
        read_team_file(path, None)


def test_file_of_other_bytes_is_refused():
    """What is no UTF-8 is no TOML."""
    Path("cognito.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read()


def test_place_of_a_link_is_where_it_leads(tmp_path):
    """A link out of the folder is not shown as if the file were here."""
    (tmp_path / "other.toml").write_text(PROD)
    Path("cognito.toml").symlink_to(tmp_path / "other.toml")
    assert read().place == str(tmp_path / "other.toml")


def test_place_of_a_parents_file_is_its_whole_path(tmp_path, monkeypatch):
    """From a folder below, and in its own folder its name alone."""
    Path("cognito.toml").write_text(PROD)
    assert read().place == "cognito.toml"
    Path("below").mkdir()
    monkeypatch.chdir("below")
    assert read().place == str(tmp_path / "work" / "cognito.toml")


def test_read_and_write_keep_every_byte():
    """Line ends and letters of any kind come back as they were."""
    path, text = Path("cognito.toml"), "# ä\r\n\n"
    write_text(path, text)
    assert path.read_bytes() == text.encode()
    assert read().text == text


def test_new_file_has_the_usual_mode():
    """As any file that this user makes."""
    Path("any").touch()
    write_text(Path("cognito.toml"), "")
    assert Path("cognito.toml").stat().st_mode == Path("any").stat().st_mode


def test_written_file_keeps_its_mode_and_its_link():
    """Others may read it as before, and a link stays one."""
    Path("real.toml").touch(mode=0o640)
    Path("cognito.toml").symlink_to("real.toml")
    write_text(Path("cognito.toml"), PROD)
    assert Path("cognito.toml").is_symlink()
    assert Path("real.toml").read_text() == PROD
    assert Path("real.toml").stat().st_mode & 0o777 == 0o640


def test_written_file_is_another_at_once():
    """Whoever reads it at that moment has the old one, to its end, or the new one."""
    path = Path("cognito.toml")
    path.write_text(PROD)
    with path.open() as old:
        write_text(path, STAGE)
        assert old.read() == PROD
    assert path.read_text() == STAGE


def _full(_):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("do", [write_text, refuse_unwritable])
def test_full_disk_leaves_the_file_whole(monkeypatch, do):
    """The old file stays, to the last byte, and nothing beside it; before AWS is changed it is seen, too."""
    Path("cognito.toml").write_text(PROD)
    monkeypatch.setattr(os, "fsync", _full)
    with pytest.raises(ConfigurationError, match="cannot be written: No space left"):
        do(Path("cognito.toml"), STAGE)
    assert Path("cognito.toml").read_text() == PROD
    assert list(Path().iterdir()) == [Path("cognito.toml")]


@pytest.mark.parametrize("do", [write_text, refuse_unwritable])
def test_read_only_file_is_meant_to_be_one(monkeypatch, do):
    """The folder alone would let it be replaced."""
    Path("cognito.toml").write_text(PROD)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write any
    with pytest.raises(ConfigurationError, match="cannot be written: Permission denied"):
        do(Path("cognito.toml"), STAGE)
    assert Path("cognito.toml").read_text() == PROD


def test_trying_to_write_changes_nothing():
    """A file that can be written is as it was, and a new one is not there yet."""
    Path("cognito.toml").write_text(PROD)
    refuse_unwritable(Path("cognito.toml"), STAGE)
    refuse_unwritable(Path("new.toml"), STAGE)
    assert Path("cognito.toml").read_text() == PROD
    assert list(Path().iterdir()) == [Path("cognito.toml")]
