"""Users and groups."""

from dataclasses import replace

import pytest

from cognito_nb.local_pool import DEMO_PASSWORD, Group, User
from cognito_nb.local_pool.users import preferred_role


def test_federated_user_is_named_after_the_provider():
    """However often the record is copied; the id at the provider can be had alone."""
    user = replace(User(username="104512233", provider="Google"), groups=("board",))
    assert user.username == "Google_104512233"
    assert user.provider_user_id == "104512233"


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        ([], None),
        ([Group("a")], None),
        ([Group("a", "role-a")], "role-a"),
        ([Group("a", "role-a", 2), Group("b", "role-b", 1)], "role-b"),
        ([Group("a", "role-a"), Group("b", "role-b", 9)], "role-b"),
        ([Group("a", "role-a", 1), Group("b", "role-b", 1)], None),
        ([Group("a", "role-a", 1), Group("b", "role-a", 1), Group("c", "role-c", 2)], "role-a"),
        ([Group("a", None, 0), Group("b", "role-b", 1)], "role-b"),
    ],
)
def test_preferred_role_is_that_of_the_lowest_precedence(groups, role):
    """None where two groups of the same precedence have different roles."""
    assert preferred_role(groups) == role


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sub", "x"),
        ("iss", "x"),
        ("cognito:groups", "x"),
        ("username", "x"),
        ("token_use", "x"),
        ("nickname2", "x"),
        ("email_verified", "True"),
        ("email_verified", "yes"),
        ("phone_number_verified", ""),
    ],
)
def test_attribute_that_user_pools_do_not_have_is_refused(name, value):
    """By its name, so that none takes the place of a claim; the flags are true or false."""
    with pytest.raises(ValueError, match=f"attributes: '?{name}"):
        User(username="mary", attributes={name: value})


def test_attributes_cannot_be_changed(pool):
    """A demo user is in many pools: neither the record nor the mapping that it was made of changes it."""
    given = {"address": "Bletchley", "custom:team": "sea"}
    user = User(username="mary", password=DEMO_PASSWORD, attributes=given)
    given["custom:team"] = "land"
    with pytest.raises(TypeError):
        pool.user("ada").attributes["name"] = "Eve"
    assert user.attributes == {"address": "Bletchley", "custom:team": "sea"}


def test_nobody_signs_in_without_a_password(pool):
    """Not even a user who has none, by request or as one of another provider's."""
    pool.add_user("blank", "")
    pool.add_user("7", "given-all-the-same", provider="Google")
    assert pool.authenticate("blank", "") is None
    assert pool.authenticate("Google_7", "given-all-the-same") is None


def test_password_is_the_demo_password_unless_given(pool):
    """However the user came about."""
    assert User(username="zoe").password == pool.add_user("mary").password == DEMO_PASSWORD
    assert pool.authenticate("mary", DEMO_PASSWORD)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"username": 7}, "username takes str, not int"),
        ({"password": b"x"}, "password takes str, not bytes"),
        ({"provider": 7}, "provider takes str or None, not int"),
        ({"groups": "readers"}, "groups takes a list of str, not str"),
        ({"groups": [Group("readers")]}, "groups takes a list of str, not of Group"),
        ({"attributes": "email"}, "attributes takes Mapping, not str"),
        ({"attributes": {"custom:level": 7}}, "attributes: custom:level takes str, not int"),
    ],
)
def test_user_of_other_types_is_refused(options, message):
    """By the name of the parameter; no group becomes its letters."""
    with pytest.raises(TypeError, match=message):
        User(**{"username": "mary"} | options)


def test_repr_hides_the_password():
    """A user in a log line gives nothing away."""
    assert "hunter2" not in repr(User(username="ada", password="hunter2"))
