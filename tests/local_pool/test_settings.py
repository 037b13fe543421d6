"""A pool described in a TOML file."""

import dataclasses
import inspect

import pytest

from cognito_nb.local_pool import DEMO_PASSWORD, Group, Lifetimes, LocalUserPool, Switches, load_settings
from cognito_nb.local_pool import settings as module

SECRET = "correct-horse-battery"


@pytest.fixture
def load(tmp_path):
    """Load a file of this text."""

    def load(text):
        path = tmp_path / "pool.toml"
        path.write_text(text, "utf-8")
        return load_settings(path)

    return load


def refusal(load, text):
    """Return what is said of a file, without its folder."""
    with pytest.raises(ValueError, match=r"pool\.toml") as caught:
        load(text)
    return str(caught.value).partition("pool.toml")[2]


def test_file_describes_a_whole_pool(load):
    """Each table becomes the parameter or the records of its name."""
    settings = load(f"""
        [pool]
        pool_id = "local_Mine"
        port = 0
        [lifetimes]
        access_token = 60
        [switches]
        state_on_errors = false
        foreign_code_error = "invalid_client"
        [[users]]
        username = "mary"
        password = "{SECRET}"
        groups = ["readers"]
        attributes = {{ email = "mary@example.com", "custom:team" = "sea" }}
        [[groups]]
        name = "readers"
        precedence = 3
        [[clients]]
        client_id = "mine"
        callback_urls = ["http://localhost:9/cb"]
        scopes = ["openid", "orders/read"]
        rotation_grace = 10
        lifetimes = {{ access_token = 30 }}
        [[resource_servers]]
        identifier = "orders"
        scopes = ["read"]
        [[identity_providers]]
        name = "Acme"
        type = "SAML"
    """)
    pool = LocalUserPool(**settings)
    mary, client = pool.user("mary"), pool.clients["mine"]
    assert pool.user_pool_id == "local_Mine"
    assert (pool.lifetimes, pool.switches) == (
        Lifetimes(access_token=60),
        Switches(state_on_errors=False, foreign_code_error="invalid_client"),
    )
    assert (mary.password, mary.groups, mary.attributes["custom:team"]) == (SECRET, ("readers",), "sea")
    assert pool.groups["readers"] == Group("readers", precedence=3)
    assert (client.scopes, client.rotation_grace) == (("openid", "orders/read"), 10)
    assert client.lifetimes == Lifetimes(access_token=30)
    assert pool.resource_servers["orders"].full_scopes == ("orders/read",)
    assert pool.identity_providers["Acme"].kind == "SAML"


def test_empty_file_is_the_default_pool(load):
    """What is left out is as in `LocalUserPool`."""
    assert load("") == {}


def test_every_parameter_of_a_pool_has_its_table_or_key():
    """Apart from the objects that no file can hold, none is forgotten."""
    parameters = set(inspect.signature(LocalUserPool).parameters) - {"keys", "ssl_context"}
    assert parameters == {*module._POOL, *module._TABLES, *module._RECORDS}


@pytest.mark.parametrize("record", [*module._TABLES.values(), *module._RECORDS.values()])
def test_every_field_of_a_record_can_be_written(load, record):
    """A file that states each default is read back as the defaults."""
    needed = {field.name: field.name for field in dataclasses.fields(record)[:1] if _is_needed(field)}
    given = record(**needed)
    values = {field.name: getattr(given, field.name) for field in dataclasses.fields(record)}
    heading = next((f"[{name}]" for name, kind in module._TABLES.items() if kind is record), None) or next(
        f"[[{name}]]" for name, kind in module._RECORDS.items() if kind is record
    )
    lines = [f"{name} = {_toml(value)}" for name, value in values.items() if value is not None]
    (read,) = load("\n".join([heading, *lines])).values()
    read = read[0] if isinstance(read, list) else read
    assert {name: getattr(read, name) for name in values} == values


def _is_needed(field):
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _toml(value):
    if isinstance(value, bool):
        return str(value).lower()
    return "{}" if value == {} else repr(list(value) if isinstance(value, tuple) else value)


def test_user_without_password_has_the_demo_password(load):
    """One of the pool's own; a federated user has none to sign in with."""
    text = '[[users]]\nusername = "mary"\n[[users]]\nusername = "7"\nprovider = "Google"\n'
    mary, federated = load(text)["users"]
    assert (mary.password, federated.password) == (DEMO_PASSWORD, "")


def test_two_pools_of_one_file_share_no_client(load):
    """Callbacks that are registered with one are not with the other."""
    text = '[[clients]]\nclient_id = "mine"\n'
    assert load(text)["clients"][0] is not load(text)["clients"][0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[client]", ": there is no table 'client'. Did you mean 'clients'?"),
        ("[pool]\nprot = 1", ", [pool]: there is no key 'prot'. Did you mean 'port'?"),
        ("[pool]\nhost = 'x'", ", [pool]: there is no key 'host'. Known: pool_id, port, api_port."),
        ("[lifetimes]\naccess = 'soon'\n", ", [lifetimes]: there is no key 'access'. Did you mean 'access_token'?"),
        ("[lifetimes]\ncode = '5'", ", [lifetimes], code: takes a whole number"),
        ("[lifetimes]\ncode = true", ", [lifetimes], code: takes a whole number"),
        ("[lifetimes]\ncode = 1.5", ", [lifetimes], code: takes a whole number"),
        ("[lifetimes]\naccess_token = 1", ", [lifetimes]: access_token takes 5 to 86400 seconds"),
        (
            "[switches]\nforeign_code_error = 'invalid'",
            (
                ", [switches], foreign_code_error: takes one of invalid_client, invalid_grant, invalid_request, "
                "unauthorized_client"
            ),
        ),
        ("[switches]\nuserinfo_post = 1", ", [switches], userinfo_post: takes true or false"),
        ("[[groups]]\nprecedence = 1", ", [[groups]] no. 1: needs name"),
        (
            "[[users]]\nusername = 'a'\n[[users]]\nusername = 'b'\ngroups = 'x'",
            ", [[users]] no. 2, groups: takes a list, each item a string",
        ),
        (
            "[[users]]\nusername = 'a'\nattributes.email_verified = true",
            ", [[users]] no. 1, attributes.email_verified: takes a string",
        ),
        ("[[users]]\nusername = 'a'\nattributes = 'x'", ", [[users]] no. 1, attributes: takes a table"),
        ("[[clients]]\nrotation_grace = 'x'", ", [[clients]] no. 1, rotation_grace: takes a number"),
        ("[[clients]]\nlifetimes = 5", ", [[clients]] no. 1, lifetimes: must be a table"),
        (
            "[[clients]]\nlifetimes.codes = 5",
            ", [[clients]] no. 1, lifetimes: there is no key 'codes'. Did you mean 'code'?",
        ),
        ("[users]\nusername = 'a'", ", users: takes tables, each below a heading [[users]]"),
        ("users = ['a']", ", [[users]] no. 1: must be a table"),
        ("pool = 1", ", [pool]: must be a table"),
    ],
)
def test_fault_is_named_with_its_place(load, text, said):
    """File, table and key, and what it takes."""
    assert refusal(load, text) == said


def test_fault_of_a_record_is_named_with_its_place(load):
    """What a record itself refuses, too."""
    said = refusal(load, '[[clients]]\ncallback_urls = ["http://example.com/cb"]')
    assert said.startswith(", [[clients]] no. 1: callback_urls: http:// is for localhost")


def test_no_fault_shows_a_value(load):
    """A secret of the wrong type, or behind a wrong key, or in a broken line, stays out of the message."""
    texts = (
        f'[[users]]\nusername = "a"\npassword = ["{SECRET}"]',
        f'[[users]]\nusername = "a"\npasword = "{SECRET}"',
        f'[[clients]]\nclient_secret = {{ x = "{SECRET}" }}',
        f'[[clients]]\nclient_secret = "{SECRET}',
    )
    assert not [said for text in texts if SECRET in (said := refusal(load, text))]


def test_fault_of_toml_or_encoding_names_the_file(load, tmp_path):
    """Broken TOML tells the line; other bytes than UTF-8 are named as that."""
    assert "line 2" in refusal(load, "[pool]\nport = \n")
    (tmp_path / "latin.toml").write_bytes(b"# \xe9")
    with pytest.raises(ValueError, match=r"latin\.toml: not UTF-8"):
        load_settings(tmp_path / "latin.toml")


def test_missing_file_is_an_os_error(tmp_path):
    """It is told as Python tells it."""
    with pytest.raises(FileNotFoundError):
        load_settings(tmp_path / "none.toml")
