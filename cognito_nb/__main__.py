"""``python -m cognito_nb``: the same as ``jupyter cognito``."""

from .cli import main

raise SystemExit(main())
