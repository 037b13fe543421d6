"""The black-box cases: which test shows which, and the table of them at the end of a run.

A test is marked with what it does to the thing under attack: ``@pytest.mark.refused("TR-17")`` if it must be turned
away, ``@pytest.mark.accepted("TR-11")`` if it must go through, ``@pytest.mark.holds("LF-09")`` if it is neither: a
bound, a page, a silence. Every case of `GROUPS` has at least one test, or `tests/test_cases.py` fails.
"""

import pytest

OUTCOMES = ("refused", "accepted", "holds")
GROUPS = {
    "A authorization request": ("AR", "01 02 03 04 06 07 08 09 10 12"),
    "B callback": ("CB", "03 04 06 07 08 09 10 12 13 15 16 17 18 19 21 22 23 27 28 29 30 31 32"),
    "C token endpoint": ("TR", "01 03 04 06 11 12 13 14 15 16 17 18 20 21"),
    "D ID and access token": ("ID", "01 02 04 05 08 09 10 11 12 13 15 16 17 18 19 20 21 22 23 24 25 27 32 33 34"),
    "E keys": ("JW", "01 03 06 07 10 12 17"),
    "F userInfo": ("UI", "01 03 05 06 07 08"),
    "G refresh": ("RF", "02 03 04 05 06 07 08 09 10 11 12 13 15 16 17 18"),
    "H revoke and sign-out": ("RV", "01 02 03 05 06 07 08 09"),
    "I data calls": ("HC", "01 02 04 05 06 07 08 09 10 11 12 13 15 16"),
    "J server extension": ("SE", "01 02 05 06 08 10 11 13 16 17 18 19 20"),
    "K notebook leaks": ("NL", "01 02 04 05 06 07 08 09 10 12 14 15 16"),
    "L configuration": ("CF", "01 02 03 07 11 12 13"),
    "M load and faults": ("LF", "01 02 03 04 05 06 07 08 09 12 13 15 16 17 18"),
}
CASES = {f"{prefix}-{number}": group for group, (prefix, numbers) in GROUPS.items() for number in numbers.split()}


def pytest_configure(config):
    for outcome in OUTCOMES:
        config.addinivalue_line("markers", f"{outcome}(*cases): a black-box case of tests/cases.py")


def pytest_collection_modifyitems(items):
    """Note the cases on each test, where reports carry them to the summary; refuse one that is not listed."""
    for item in items:
        for mark in (mark for outcome in OUTCOMES for mark in item.iter_markers(outcome)):
            if unknown := set(mark.args) - CASES.keys():
                raise pytest.UsageError(f"{item.nodeid} is marked with unknown cases: {sorted(unknown)}")
            item.user_properties += [(mark.name, case) for case in mark.args]


def pytest_terminal_summary(terminalreporter):
    """Print the table: by group the cases shown, and how many attempts were refused, accepted, held."""
    shown, tried = {group: set() for group in GROUPS}, {(group, outcome): 0 for group in GROUPS for outcome in OUTCOMES}
    for report in terminalreporter.stats.get("passed", []):
        properties = dict.fromkeys(p for p in report.user_properties if p[0] in OUTCOMES)
        for _, case in properties:
            shown[CASES[case]].add(case)
        for key in {(CASES[case], outcome) for outcome, case in properties}:
            tried[key] += 1
    if not any(shown.values()):
        return
    terminalreporter.section("black-box cases")
    row = "{:<26} {:>9} {:>7} {:>8} {:>9} {:>6}".format
    terminalreporter.line(row("group", "cases", "tried", *OUTCOMES))
    for group in GROUPS:
        counts = [tried[group, outcome] for outcome in OUTCOMES]
        cases = f"{len(shown[group])} of {sum(of == group for of in CASES.values())}"
        terminalreporter.line(row(group, cases, sum(counts), *counts))
