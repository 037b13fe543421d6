"""A pytest plugin with a user pool for each test; opt in by ``pytest_plugins`` in the top ``conftest.py``.

``pytest_plugins = ["cognito_nb.local_pool.fixture"]``

Nothing but pytest is imported until a test asks for a pool.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .keys import PoolKeys
    from .server import LocalUserPool

__all__ = ["cognito_environment", "cognito_pool", "cognito_pool_options"]


@pytest.fixture
def cognito_pool_options() -> dict[str, Any]:
    """Keyword arguments of `LocalUserPool` for `cognito_pool`: override it for a test, a module or all.

    Examples
    --------
    For one test::

        @pytest.mark.parametrize("cognito_pool_options", [{"lifetimes": Lifetimes(access_token=5)}])

    For all, from a file::

        @pytest.fixture
        def cognito_pool_options():
            return load_settings("pool.toml")
    """
    return {}


@pytest.fixture
def cognito_pool(cognito_pool_options: dict[str, Any], _cognito_pool_keys: PoolKeys) -> Iterator[LocalUserPool]:
    """Start a user pool on 127.0.0.1, new for each test; its keys are the same in the whole run."""
    from .server import LocalUserPool  # noqa: PLC0415 - see the module's docstring

    with LocalUserPool(keys=_cognito_pool_keys, **cognito_pool_options) as pool:
        yield pool


@pytest.fixture
def cognito_environment(cognito_pool: LocalUserPool, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Set the ``COGNITO_NB_`` variables of `LocalUserPool.environment` for the test, and return them."""
    environment = cognito_pool.environment()
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


@pytest.fixture(scope="session")
def _cognito_pool_keys() -> PoolKeys:
    from .keys import PoolKeys  # noqa: PLC0415 - see the module's docstring

    return PoolKeys.generate()
