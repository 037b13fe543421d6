"""Live tokens, in the kernel: how they are fetched, kept, renewed and sent."""

from __future__ import annotations

import sys

# httpx loads its command line, with rich and click, wherever these are installed: 35 ms of a first login (measured)
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type] # import's own way to say "not there"
