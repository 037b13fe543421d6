"""Which scopes a request gets, and which attributes they open."""

import pytest

from cognito_nb.local_pool import ResourceServer, Switches, User
from cognito_nb.local_pool.scopes import attributes_in_scope, can_read, check_scopes, granted_scopes

ALLOWED = ("openid", "email", "api/read", "api/gone")
ACTIVE = {"openid", "email", "api/read"}


@pytest.mark.parametrize(
    ("requested", "granted"),
    [
        (None, ("openid", "email", "api/read")),
        ("", ("openid", "email", "api/read")),
        ("email openid", ("openid", "email")),
        ("api/read", ("api/read",)),
        ("api/read api/gone", ("api/read",)),
        ("api/gone", ()),
        ("openid phone", None),
        ("api/write", None),
        ("email", None),
        ("email api/read", None),
    ],
)
def test_granted_scopes(requested, granted):
    """In the client's order; a deleted custom scope is left out, one that the client lacks is refused."""
    assert granted_scopes(requested, allowed=ALLOWED, active=ACTIVE, switches=Switches()) == granted


def test_resource_server_names_its_scopes_in_full():
    """The identifier comes first, whatever it looks like."""
    server = ResourceServer("https://api.example.com", ("read", "write"))
    assert server.full_scopes == ("https://api.example.com/read", "https://api.example.com/write")


def test_resource_server_takes_a_list_of_scopes():
    """One that stands alone is not taken for its letters."""
    with pytest.raises(TypeError, match="scopes takes a list of str, not str"):
        ResourceServer("orders", "read")


@pytest.mark.parametrize(
    ("scope", "missing"),
    [
        ("orders/read", "there is no resource server 'orders'"),
        ("api/write", "there is no scope 'write' in the resource server 'api'"),
        ("opnid", "there is no such scope of Cognito's own"),
    ],
)
def test_client_cannot_ask_for_what_there_is_not(scope, missing):
    """The message names the client, the scope, and what is missing."""
    with pytest.raises(ValueError, match=f"^client 'web' asks for '{scope}'; {missing}$"):
        check_scopes("web", ["openid", scope], {"api": ResourceServer("api", ("read",))})


@pytest.mark.parametrize(
    ("scopes", "readable", "answer"),
    [
        (("openid", "email"), None, True),
        (("openid", "email"), ("email", "email_verified"), True),
        (("openid", "email"), ("email",), False),
        (("openid",), (), True),
        (("openid", "profile"), ("name",), False),
    ],
)
def test_can_read_wants_every_attribute_of_a_scope(scopes, readable, answer):
    """One that is missing is enough to refuse."""
    assert can_read(scopes, readable) is answer


def test_unreadable_attributes_are_left_out():
    """With openid alone, which opens all that the client may read."""
    user = User(username="u", attributes={"email": "u@example.com", "name": "U", "custom:team": "red"})
    assert attributes_in_scope(user, ("openid",), ("name", "custom:team")) == {"name": "U", "custom:team": "red"}
