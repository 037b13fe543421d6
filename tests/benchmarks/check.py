"""How long `jupyter cognito check` takes on a folder of 1,000 notebooks: `python tests/benchmarks/check.py`.

The notebooks are like those of an analysis: code, tables, a picture of 80 kB, a plot's numbers, a traceback in one of
ten. The command is run as a process, so its start-up counts.
"""

import base64
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from notebook_check.notebooks import cell, make_secrets, notebook, written
from table import show

NOTEBOOKS, CELLS, RUNS = 1000, 30, 5
COMMAND = [Path(sys.executable).with_name("jupyter-cognito"), "check"]


def analysis(chance, *, has_traceback):
    """Return the cells of a notebook."""
    rows = [f"<tr><td>{chance.random()}</td><td>{chance.randbytes(16).hex()}</td></tr>\n" for _ in range(20)]
    lines = [f"frame_{n} = frame.query('code == {n} and token > 5')  # the author's\n" for n in range(8)]
    table = {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/html": rows}}
    picture = {"image/png": base64.b64encode(chance.randbytes(60_000)).decode(), "text/plain": ["<Figure>"]}
    plot = {"application/vnd.plotly.v1+json": {"data": [{"x": [chance.random() for _ in range(500)]}]}}
    error = {"output_type": "error", "ename": "E", "evalue": "", "traceback": ["\x1b[31mValueError\x1b[0m: x"] * 8}
    cells = [cell(source=lines, outputs=[table]) for _ in range(CELLS)]
    cells[0]["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": data} for data in (picture, plot)]
    cells[1]["outputs"] = [error] if has_traceback else []
    return cells


def write_all(folder, *, leaking):
    """Write the notebooks; returns their size in bytes."""
    chance, token = random.Random(1), make_secrets()["access token (JWT)"]
    for number in range(NOTEBOOKS):
        cells = analysis(chance, has_traceback=number % 10 == 0)
        if leaking:
            cells[2]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": [f"{token}\n"]}]
        (folder / f"{number}.ipynb").write_text(written(notebook(*cells)))
    return sum(path.stat().st_size for path in folder.iterdir())


def seconds_of(arguments, expected):
    """Return how long the command takes, from outside."""
    started = time.perf_counter()
    run = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    assert run.returncode == expected, run.stderr
    return seconds


def rows():
    """Yield the rows; the removal is measured once, for after it nothing is left to remove."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = write_all(folder, leaking=False)
        seconds = statistics.median(seconds_of([folder], 0) for _ in range(RUNS))
        yield f"{NOTEBOOKS:,} clean notebooks, {size / 1e6:.0f} MB", f"{seconds:.2f} s", "5 s"
        yield "start-up and one of them", f"{1000 * seconds_of([folder / '0.ipynb'], 0):.0f} ms", ""
        write_all(folder, leaking=True)
        yield "a token in each", f"{seconds_of([folder], 1):.2f} s", ""
        yield "… and removed", f"{seconds_of([folder, '--fix'], 1):.2f} s", ""
    document = json.dumps(notebook(cell(outputs=[{"text": ["\x1b[0m" + "ab cd\n" * 20] * 100_000}])))
    with tempfile.NamedTemporaryFile("w", suffix=".ipynb") as file:
        file.write(document)
        file.flush()
        yield f"one notebook of {len(document) / 1e6:.0f} MB", f"{seconds_of([file.name], 0):.2f} s", ""


if __name__ == "__main__":
    show(list(rows()))
