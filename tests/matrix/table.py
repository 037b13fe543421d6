"""The table of all places at the end of a run; a plugin, since with workers only they load the folder's conftest."""


def pytest_terminal_summary(terminalreporter):
    """Print the table: where, by which way, and how long from running the cell to being signed in."""
    reports = terminalreporter.stats.get("passed", [])
    rows = dict.fromkeys(tuple(v) for r in reports for name, v in r.user_properties if name == "matrix")
    if not rows:
        return
    width = max(len(place) for place, *_ in rows)
    terminalreporter.section("everywhere a notebook runs")
    for place, way, seconds in rows:
        terminalreporter.line(f"{place:<{width}}  {seconds:5.2f} s  {way}")
