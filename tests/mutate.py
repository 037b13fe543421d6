"""Flips each single check of the token and response validation, one by one: every flip must make a test fail.

Run as ``python tests/mutate.py``. It prints the mutants that no test noticed, with file and line, and exits 1 if there
is one that `EQUIVALENT` does not excuse, or an excuse that is none.

A check is flipped by `ast`: the test of an ``if`` negated, made True, made False; a comparison swapped; a ``raise`` or
a call that stands for itself (``check.equal(...)``) dropped; ``not`` or an operand of ``and``/``or`` dropped; a number
one more, one less. Nothing is written: the tests are collected once, and each mutant is put in place of the real
functions in a forked copy of this process, which runs the tests of its module up to the first failure. Property tests
stay out, they would notice by chance. POSIX only, for the fork.
"""

import ast
import importlib
import inspect
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType

import pytest

ROOT = Path(__file__).parent.parent
TARGETS = {"claims": "test_claims*.py", "authorize": "test_authorize*.py"}
EQUIVALENT = {  # (line of the source, before, after): why no test can notice
    ("", "claims", "itself"): "nothing is flipped: to notice it would be a mistake of this script",
    ("", "authorize", "itself"): "the same",
    ("audience = audience[0]", "0", "-1"): "a list of one, as the line above it says",
}
SWAPS = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
}
LONGEST = 60  # seconds; a mutant that turns for ever is noticed too


@dataclass(frozen=True)
class Mutant:
    """A module with one check flipped."""

    module: str
    line: int
    source: str
    before: str
    after: str
    code: CodeType

    @property
    def key(self):
        return self.source, self.before, self.after

    @property
    def excuse(self):
        """Why no test can notice it, if so."""
        return EQUIVALENT.get(self.key)

    @property
    def place(self):
        return f"cognito_nb/protocol/{self.module}.py:{self.line}"

    def put_in_place(self):
        """Give the module's functions the flipped code, and its names the flipped values; tests keep their own."""
        module = importlib.import_module(f"cognito_nb.protocol.{self.module}")
        fresh = {"__name__": module.__name__, "__package__": module.__package__}
        exec(self.code, fresh)
        for name, new in fresh.items():
            old = vars(module).get(name)
            if isinstance(new, type):
                for attribute, member in vars(new).items():
                    _replace(vars(old)[attribute], member)
            elif isinstance(new, FunctionType):
                _replace(old, new)
            elif not name.startswith("__"):
                setattr(module, name, new)


def mutants(name):
    """Yield every mutant of a module of the protocol."""
    path = ROOT / "cognito_nb" / "protocol" / f"{name}.py"
    text = path.read_text("utf-8")
    tree, lines = ast.parse(text), [line.strip() for line in text.splitlines()]
    yield Mutant(name, 1, "", name, "itself", compile(tree, path, "exec"))
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            nodes = value if isinstance(value, list) else [value]
            for at, node in enumerate(nodes):
                for flipped in _flips(node, field) if isinstance(node, ast.AST) else ():
                    changed = [*nodes[:at], flipped, *nodes[at + 1 :]]
                    setattr(parent, field, changed if isinstance(value, list) else flipped)
                    code = compile(ast.fix_missing_locations(tree), path, "exec")
                    source = lines[node.lineno - 1]
                    yield Mutant(name, node.lineno, source, ast.unparse(node), ast.unparse(flipped), code)
            setattr(parent, field, value)


def _flips(node, field):
    if field in ("test", "ifs") and ast.unparse(node) != "TYPE_CHECKING":
        yield from (ast.UnaryOp(ast.Not(), node), ast.Constant(value=True), ast.Constant(value=False))
    match node:
        case ast.Raise() | ast.Expr(ast.Call()):
            yield ast.Pass()
        case ast.UnaryOp(ast.Not()):
            yield node.operand
        case ast.Constant(int() | float()) if not isinstance(node.value, bool):
            yield from (ast.Constant(node.value + 1), ast.Constant(node.value - 1))
        case ast.BoolOp():
            for at in range(len(node.values)):
                rest = node.values[:at] + node.values[at + 1 :]
                yield ast.BoolOp(node.op, rest) if len(rest) > 1 else rest[0]
        case ast.Compare():
            for at, operator in enumerate(node.ops):
                for swap in SWAPS[type(operator)]:
                    yield ast.Compare(node.left, [*node.ops[:at], swap(), *node.ops[at + 1 :]], node.comparators)


def _replace(old, new):
    if isinstance(new, property):
        old, new = old.fget, new.fget
    if isinstance(new, FunctionType):
        old, new = inspect.unwrap(old), inspect.unwrap(new)
        if old.__code__ != new.__code__:
            old.__code__ = new.__code__


class Judge:
    """The pytest plugin that runs the tests as they are, and then again for each mutant."""

    def __init__(self):
        self.failed = False
        self.survivors = []
        self.tried = 0

    def pytest_configure(self, config):
        config.addinivalue_line("markers", "shows_secrets(reason): known to the canary, which is not here")

    def pytest_runtest_logreport(self, report):
        self.failed |= report.failed

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        """Judge the mutants of each module by its tests; the session's fixtures are made once, by the first run."""
        self.failed |= bool(session.testsfailed)  # a file that was not collected judges nothing
        for item in session.items:
            self._run(item)
        session.config.pluginmanager.unregister(name="terminalreporter")
        for name, pattern in TARGETS.items():
            items = [item for item in session.items if item.path.match(pattern)]
            if not self.failed:
                self._judge(list(mutants(name)), items)
        return True

    def _judge(self, candidates, items):
        running, self.tried = {}, self.tried + len(candidates)
        while candidates or running:
            while candidates and len(running) < (os.cpu_count() or 1):
                mutant = candidates.pop(0)
                reading, writing = os.pipe()
                if (child := os.fork()) == 0:
                    self._try(mutant, items, writing)
                os.close(writing)
                running[child] = mutant, reading
            child, _ = os.wait()
            mutant, reading = running.pop(child)
            with os.fdopen(reading, "rb") as answer:
                noticed = answer.read()
            if noticed == b"unnoticed":
                self.survivors.append(mutant)
            elif noticed:  # what noticed one mutant is likely to notice the next
                items.insert(0, items.pop(int(noticed)))

    def _try(self, mutant, items, writing):
        """Run the tests up to the first failure, and end this copy of the process."""
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(LONGEST)
        try:
            mutant.put_in_place()
            for at, item in enumerate(items):
                self._run(item)
                if self.failed:
                    os.write(writing, str(at).encode())
                    break
            else:
                os.write(writing, b"unnoticed")
        finally:  # a module that does not load is noticed
            os._exit(0)

    @staticmethod
    def _run(item):
        item.ihook.pytest_runtest_protocol(item=item, nextitem=item.session)  # next comes any other


def main():
    """Print what survived; return whether anything did that is not excused."""
    judge = Judge()
    tests = [str(path) for pattern in TARGETS.values() for path in sorted((ROOT / "tests" / "protocol").glob(pattern))]
    without = ["-m", "not hypothesis", "-p", "no:cacheprovider", "-p", "no:canary"]
    options = ["-q", "--tb=native", *without, f"--rootdir={ROOT}", f"--confcutdir={ROOT}"]
    pytest.main([*options, *tests], plugins=[judge])
    if judge.failed or not judge.tried:
        sys.exit("The tests must pass before they can judge a mutant.")
    unnoticed = {mutant.key for mutant in judge.survivors}
    report = [f"{mutant.place}: {mutant.before}  ->  {mutant.after}" for mutant in judge.survivors if not mutant.excuse]
    report += [f"excused, yet a test notices it: {key}" for key in EQUIVALENT.keys() - unnoticed]
    print("", *report, f"{judge.tried} mutants, {len(judge.survivors)} unnoticed", sep="\n")  # noqa: T201 - a script's output
    return 1 if report else 0


if __name__ == "__main__":
    sys.exit(main())
