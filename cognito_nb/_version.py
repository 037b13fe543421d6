"""The package's version; its own file, for every floor may tell it."""

__version__ = "0.1.0"
