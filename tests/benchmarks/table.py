"""The table that the benchmarks print: what was measured, what came out, and the bound to hold."""

__all__ = ["show"]


def show(rows):
    """Print rows of (what, measured, bound)."""
    width = max(len(what) for what, *_ in rows)
    print(f"{'what':<{width}}  {'measured':>10}  bound")
    for what, measured, bound in rows:
        print(f"{what:<{width}}  {measured:>10}  {bound}".rstrip())
