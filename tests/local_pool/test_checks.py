"""Checks of arguments."""

import pytest

from cognito_nb.local_pool.checks import check, items


@pytest.mark.parametrize(
    ("value", "kinds", "message"),
    [
        ("9", (int,), "port takes int, not str"),
        (True, (int, float), "port takes int or float, not bool"),
        (None, (int,), "port takes int, not None"),
        ({}, (int, type(None)), "port takes int or None, not dict"),
    ],
)
def test_check_names_argument_and_types(value, kinds, message):
    """Never the value; and a truth value is no number."""
    with pytest.raises(TypeError, match=f"^{message}$"):
        check("port", value, *kinds)


def test_check_lets_each_of_the_kinds_pass():
    """A truth value where one is wanted, too."""
    for value in (1, None, True):
        check("port", value, int, bool, type(None))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("readers", "groups takes a list of str, not str"),
        (None, "groups takes a list of str, not None"),
        (["readers", 7], "groups takes a list of str, not of int"),
    ],
)
def test_items_of_another_type_are_refused(values, message):
    """A string is not taken for its letters."""
    with pytest.raises(TypeError, match=f"^{message}$"):
        items("groups", values, str)


def test_items_may_come_from_any_iterable():
    """Also from one that can be read once."""
    assert items("groups", (name for name in "ab"), str) == ["a", "b"]
