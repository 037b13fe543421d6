"""`jupyter cognito check`: what it says, what it changes and its exit codes."""

import json
import os
import re
import shlex
import subprocess
import sys
import time
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from notebook_check.notebooks import IN_CONTEXT, cell, make_secrets, notebook, written

from cognito_nb.cli import main
from cognito_nb.local_pool import LocalUserPool
from cognito_nb.notebook_check import search

ROOT = Path(__file__).parents[2]
SECRETS = make_secrets()
ACCESS = SECRETS["access token (JWT)"]
EXPIRED = SECRETS["ID token (JWT)"]
MARKER = "[removed by jupyter cognito check]"
PLACES = ("stream", "html", "json", "key", "traceback", "output metadata", "cell metadata", "metadata", "widget state")
CLEAN = written(notebook(cell(source=["x = 1\n", "x"]), kernelspec={"name": "python3"}))


def with_text(place, text):
    """Return a notebook that holds a text in one place."""
    lines = text.splitlines(keepends=True)
    outputs = {
        "stream": {"output_type": "stream", "name": "stdout", "text": lines},
        "html": {"output_type": "display_data", "data": {"text/html": ["<p>\n", *lines]}, "metadata": {}},
        "json": {"output_type": "display_data", "data": {"application/json": {"a": [1, {"b": text}]}}, "metadata": {}},
        "key": {"output_type": "display_data", "data": {"application/json": {text: {"b": 1}}}, "metadata": {}},
        "traceback": {"output_type": "error", "ename": "E", "evalue": "", "traceback": ["a", text]},
        "output metadata": {"output_type": "display_data", "data": {}, "metadata": {"a": text}},
    }
    if place in outputs:
        return notebook(cell(), cell(outputs=[outputs[place]]))
    if place == "source":
        return notebook(cell(), cell(source=lines))
    if place == "cell metadata":
        return notebook(cell(), cell(metadata={"papermill": {"parameters": {"a": text}}}))
    return (
        notebook(cell(), widgets={"1": {"state": {"value": text}}})
        if place == "widget state"
        else notebook(cell(), a=text)
    )


def in_context(what, secrets=SECRETS):
    return IN_CONTEXT.get(what, "is {} .").format(secrets[what])


@pytest.fixture
def run(capsys):
    """Run the command; returns its exit code and what it printed, which holds none of the secrets."""

    def run(*arguments):
        code = main(["check", *map(str, arguments)])
        printed = capsys.readouterr()
        assert not [what for what, secret in SECRETS.items() if secret[:8] in printed.out + printed.err]
        return code, printed.out, printed.err

    return run


@pytest.fixture
def file(tmp_path):
    """A notebook with an expired token in an output and a client secret in a source."""
    path = tmp_path / "a.ipynb"
    document = with_text("stream", f"id: {EXPIRED}\n")
    document["cells"].append(cell(source=[f"client_secret = '{SECRETS['client secret']}'"]))
    path.write_text(written(document))
    return path


@pytest.mark.parametrize("what", SECRETS)
@pytest.mark.parametrize("place", [*PLACES, "source"])
def test_each_secret_is_found_in_each_place(what, place):
    """One finding, with the cell; and after the removal none but in sources, the rest of the file unchanged."""
    document = written(with_text(place, in_context(what)))
    findings, fixed = search(document)
    assert [(one.what, one.length) for one in findings] == [(what, len(SECRETS[what]))]
    assert findings[0].cell == (None if place in ("metadata", "widget state") else 2)
    assert fixed == (document if place == "source" else document.replace(SECRETS[what], MARKER))
    assert place == "source" or search(fixed) == ([], fixed)


@pytest.mark.parametrize("name", ["SecretAccessKey", "client_secret", "SessionToken", "code_verifier"])
def test_the_key_of_a_value_is_its_name(name):
    """JSON data of an output: the name and the value are strings of their own."""
    value = SECRETS["AWS secret key"] if name != "SessionToken" else "Fw0G" + SECRETS["AWS session token"][20:]
    document = written(
        notebook(cell(outputs=[{"data": {"application/json": {name: value + "7q9" * (name[0] == "c")}}}]))
    )
    assert len(search(document)[0]) == 1


def test_report_tells_where_and_how_bad(file, run):
    """File, cell, place, what, length and expiry; no part of the secret."""
    code, out, err = run(file)
    assert code == 1
    assert out.splitlines() == [
        f"{file}: cell 2, output: ID token (JWT), {len(EXPIRED)} characters, expired 3 days ago",
        f"{file}: cell 3, source: client secret, 51 characters",
    ]
    assert err == "2 secrets in 1 of 1 notebook\n"


def test_a_token_that_still_opens_something_says_so(tmp_path, run):
    """For how long, in words."""
    (tmp_path / "a.ipynb").write_text(written(with_text("metadata", ACCESS)))
    assert re.search(r", still valid for \d\d minutes", run(tmp_path)[1])  # an hour, less what the tests have taken


def test_json_report_is_for_programs(file, run):
    """One object; the same facts, with the expiry as a number."""
    code, out, _ = run("--json", file, file.with_name("no.ipynb"))
    report = json.loads(out)
    assert code == 2
    assert report["checked"] == 2
    assert [one["fault"] for one in report["faults"]] == ["cannot be read: No such file or directory"]
    assert [(one["cell"], one["place"], one["removed"]) for one in report["findings"]] == [
        (2, "output", False),
        (3, "source", False),
    ]
    assert isinstance(report["findings"][0]["expires_at"], int)


def test_fix_removes_from_outputs_and_reports_sources(file, run):
    """What a person wrote is theirs to change; exit code 1 stays, and a second run still finds the source."""
    before = file.read_text()
    code, out, err = run("--fix", file)
    assert code == 1
    assert [line.endswith("[removed]") for line in out.splitlines()] == [True, False]
    assert err.endswith("; 1 removed, 1 left\n")
    assert file.read_text() == before.replace(EXPIRED, MARKER)
    code, out, _ = run("--fix", file)
    assert (code, len(out.splitlines())) == (1, 1)


def test_after_a_complete_fix_the_next_run_is_clean(tmp_path, run):
    """1 says that something was there, 0 that nothing is."""
    path = tmp_path / "a.ipynb"
    path.write_text(written(with_text("html", f"<b>{ACCESS}</b>")))
    assert [run("--fix", path)[0], run("--fix", path)[0], run(path)[0]] == [1, 0, 0]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("style", [{"indent": 1}, {"indent": 4}, {"separators": (",", ":")}, {"ensure_ascii": True}])
def test_fix_keeps_the_files_own_style(newline, end, style, tmp_path, run):
    """Indentation, line endings, escapes, key order and what the file ends with."""
    path = tmp_path / "a.ipynb"
    document = {"zeta": "é 😀", **with_text("stream", f"é {ACCESS} 😀\n")}
    before = (json.dumps(document, **{"ensure_ascii": False, **style}) + end).replace("\n", newline).encode()
    path.write_bytes(before)
    run("--fix", path)
    assert path.read_bytes() == before.replace(ACCESS.encode(), MARKER.encode())


def test_fix_keeps_the_permissions_and_leaves_nothing_behind(file, run):
    """The file is replaced at once, by one like it."""
    file.chmod(0o640)
    run("--fix", file)
    assert file.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in file.parent.iterdir()] == ["a.ipynb"]


def test_a_file_without_findings_is_not_touched(tmp_path, run):
    """Not even written anew."""
    path = tmp_path / "a.ipynb"
    path.write_text(CLEAN)
    before = path.stat()
    assert run("--fix", path)[0] == 0
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_fix_of_a_named_link_changes_its_target(file, run):
    """The link stays one."""
    link = file.with_name("link.ipynb")
    link.symlink_to(file)
    run("--fix", link)
    assert link.is_symlink()
    assert EXPIRED not in file.read_text()


def test_links_inside_a_folder_are_not_followed(file, run):
    """Nothing outside of it is read or changed."""
    folder = file.parent / "folder"
    folder.mkdir()
    (folder / "file.ipynb").symlink_to(file)
    (folder / "back").symlink_to(file.parent)
    assert run("--fix", folder)[0] == 0
    assert EXPIRED in file.read_text()


def test_a_failed_write_leaves_the_file_as_it_was(file, run, monkeypatch):
    """Exit code 2, named, and no half-written file beside it."""

    def full(handle):
        raise OSError(28, "No space left on device")

    before = file.read_bytes()
    monkeypatch.setattr(os, "fsync", full)
    code, _, err = run("--fix", file)
    assert code == 2
    assert f"{file} cannot be written: No space left on device" in err
    assert ([path.name for path in file.parent.iterdir()], file.read_bytes()) == (["a.ipynb"], before)


def test_folders_are_searched_but_hidden_ones_and_environments(file, run):
    """Of those `.ipynb_checkpoints` only, which `git add .` takes along; one that is named is searched."""
    for name in ("sub/deep", ".ipynb_checkpoints", ".git", ".venv", "node_modules"):
        folder = file.parent / name
        folder.mkdir(parents=True)
        (folder / "b.ipynb").write_text(file.read_text())
        (folder / "b.txt").write_text(file.read_text())
    assert run(file.parent)[2] == "6 secrets in 3 of 3 notebooks\n"
    assert run(file.parent / ".git")[0] == 1


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "not JSON (line 1)"),
        (b'{"cells":\n[}', "not JSON (line 2)"),
        (b"[]", "not JSON"),
        (b'{"a": "\xff"}', "is not UTF-8"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "is nested too deeply"),
        (b'{"a": ' + b"7" * 5_000 + b"}", "not JSON"),
    ],
)
def test_what_is_no_notebook_is_named_and_the_rest_is_checked(content, fault, file, run):
    """Exit code 2, whatever else was found; a file that nobody could look into is not clean."""
    broken = file.with_name("0.ipynb")
    broken.write_bytes(content)
    code, out, err = run(broken, file)
    assert code == 2
    assert err.startswith(str(broken))
    assert fault in err
    assert len(out.splitlines()) == 2


def test_a_folder_that_cannot_be_entered_is_named(file, run, monkeypatch):
    """It could hold a notebook."""
    walk = os.walk

    def refusing(folder, onerror):
        onerror(PermissionError(13, "Permission denied", str(file.parent / "closed")))
        return walk(folder)

    monkeypatch.setattr(os, "walk", refusing)
    code, _, err = run(file.parent)
    assert code == 2
    assert f"{file.parent / 'closed'} cannot be read" in err


@pytest.mark.parametrize("sign", ["\x1b", "\x07", "\n", "\x9b", "\u202e", "\udcff"])
def test_a_file_name_does_nothing_to_the_terminal(sign, file, run):
    """Neither control characters, of C1 too, nor those that turn text around are printed; JSON has the name itself."""
    path = file.rename(file.with_name(f"é{sign}]0;x.ipynb"))
    shown = f"é{ascii(sign)[1:-1]}]0;x.ipynb: cell 2"
    _, out, _ = run(path)
    assert (sign in out.rstrip().replace("\nfile", ""), shown in out) == (sign == "\n", True)
    path.write_text("")
    assert shown.split(":", maxsplit=1)[0] in run(path)[2]


def test_json_report_has_the_files_own_name(file, run):
    """A program can open it."""
    path = file.rename(file.with_name("\x1b\n.ipynb"))
    assert json.loads(run("--json", path)[1])["findings"][0]["file"] == str(path)


def test_a_pipe_is_not_read(file, run):
    """It would keep the check waiting for ever: left out of a folder, and a fault if it was named."""
    pipe = file.with_name("0.ipynb")
    os.mkfifo(pipe)
    assert run(file.parent)[2] == "2 secrets in 1 of 1 notebook\n"
    code, _, err = run(pipe)
    assert code == 2
    assert f"{pipe} cannot be read: not a regular file" in err


def test_a_file_that_cannot_be_looked_at_is_named(file, run, monkeypatch):
    """It is not left out like a pipe: it could be a notebook."""

    def refusing(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "lstat", refusing)
    assert run(file.parent)[0] == 1


def test_no_argument_is_wrong_usage(capsys):
    """Not a clean result of nothing."""
    with pytest.raises(SystemExit) as ended:
        main(["check"])
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_tokens_of_a_sign_in_are_found_and_gone_after_a_fix(canary, tmp_path, capsys):
    """A notebook with all that the local pool issued; neither report nor file holds any of it afterwards."""
    path = tmp_path / "a.ipynb"
    with LocalUserPool() as pool:
        tokens = pool.tokens("ada")
    path.write_text(written(notebook(cell(outputs=[{"data": {"text/plain": [repr(tokens)]}}]))))
    assert canary.leaks_in(path.read_text())
    assert main(["check", "--fix", str(path)]) == 1
    printed = capsys.readouterr()
    assert printed.err == "3 secrets in 1 of 1 notebook; 3 removed, 0 left\n"
    canary.assert_silent({"stdout": printed.out, "stderr": printed.err, "the file": path.read_text()})


ANY_TEXT = st.text(max_size=30) | st.sampled_from(["eyJ", 'client_secret = "', "code=", "\\", '"', "\x1b[0m", "é\n"])


@given(st.lists(ANY_TEXT, max_size=6), st.sampled_from([*PLACES, "source"]), st.booleans())
def test_notebooks_without_secrets_stay_as_they_are(texts, place, ascii_only):
    """No finding, and the same text, whatever stands in them."""
    document = json.dumps(with_text(place, "".join(texts)), ensure_ascii=ascii_only)
    assert search(document) == ([], document)


@given(
    st.integers(0, 2**32),
    st.sampled_from(sorted(SECRETS)),
    st.sampled_from(PLACES),
    *(st.text(max_size=20), st.text(max_size=20)),
    *(st.booleans(), st.sampled_from([None, 1, 4])),
)
def test_planted_secrets_are_found_and_removed(seed, what, place, before, behind, ascii_only, indent):
    """Any secret, in any place, between any words: found once, and after the removal nothing is left of it."""
    secrets = make_secrets(seed)
    text = f"{before} {in_context(what, secrets)} {behind}"
    document = json.dumps(with_text(place, text), ensure_ascii=ascii_only, indent=indent)
    findings, fixed = search(document)
    assert [one.what for one in findings] == [what]
    assert secrets[what] not in fixed
    assert json.loads(fixed) == with_text(place, text.replace(secrets[what], MARKER))
    assert search(fixed) == ([], fixed)


@given(st.sampled_from(sorted(SECRETS)), st.lists(st.integers(0, 1000), max_size=4), st.booleans())
def test_a_secret_split_over_lines_of_a_list_is_found(what, cuts, escaped):
    """Some tools cut a text where they like, or escape what needs no escape."""
    text = in_context(what)
    edges = [0, *sorted({cut for cut in cuts if cut < len(text)}), len(text)]
    lines = [text[start:end] for start, end in pairwise(edges)]
    document = json.dumps(notebook(cell(outputs=[{"output_type": "stream", "text": lines}])))
    if escaped:
        document = document.replace("ey", r"\u0065y").replace("_", r"\u005f").replace("A", r"\u0041")
    findings, fixed = search(document)
    assert [one.what for one in findings] == [what]
    assert "".join(json.loads(fixed)["cells"][0]["outputs"][0]["text"]) == text.replace(SECRETS[what], MARKER)


def test_a_wrapped_token_is_removed_with_its_line_breaks():
    """As rich prints it: from the quick look at the file to the edit, over several items of the list."""
    token = SECRETS["refresh token (encrypted JWT)"]
    wrapped = "\n".join(token[start : start + 115] for start in range(0, len(token), 115))
    document = written(with_text("stream", f"{{'refresh_token': '{wrapped}'}}\nrest\n"))
    _, fixed = search(document)
    assert json.loads(fixed)["cells"][1]["outputs"][0]["text"][-2:] == ["'}\n", "rest\n"]
    assert search(fixed) == ([], fixed)


def test_text_made_to_be_slow_is_not():
    """Beginnings of tokens without an end: the time grows with the size, not with its square."""
    document = written(with_text("stream", "eyJ" * 100_000 + " code=client_secret=" * 10_000))
    started = time.process_time()
    assert search(document)[0] == []
    assert time.process_time() - started < 20


def test_the_tutorials_are_clean():
    """What we ship passes its own check."""
    assert main(["check", str(ROOT / "notebooks")]) == 0


def test_check_starts_without_the_rest_of_the_package():
    """Before each commit: no HTTP client, no widgets, no Jupyter."""
    code = "import sys, cognito_nb.cli, cognito_nb.notebook_check; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"httpx", "jwt", "ipywidgets", "nbformat", "jupyter_server", "IPython"} & set(run.stdout.split())


def test_pre_commit_hook_runs_the_installed_command(file):
    """The hook's entry is a command of the package, and refuses a notebook with a secret."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert {"id", "name", "entry", "language"} <= set(hook)
    assert (hook["id"], hook["language"], hook["types"]) == ("cognito-check", "python", ["jupyter"])
    command, *arguments = shlex.split(hook["entry"])
    assert command in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    run = subprocess.run([Path(sys.executable).with_name(command), *arguments, file], capture_output=True, check=False)
    assert run.returncode == 1
