"""CognitoConfig: every setting is checked, and whatever is refused is named."""

import datetime as dt
import ipaddress
import socket
import traceback
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_nb.config import DEFAULT_SCOPES, SETTINGS, CognitoConfig
from cognito_nb.config_checks import ENDPOINT_NAMES
from cognito_nb.errors import ConfigurationError
from cognito_nb.secret import Secret

POOL = {"user_pool_id": "eu-west-1_AbC123", "client_id": "1h57kf5cpq17m0eml12example"}
SECRET = "s3cretOfTheConfidentialClient2026"


def config(**settings):
    return CognitoConfig(**{**POOL, **settings})


def refusal(**settings):
    """Return the error that a setting causes."""
    with pytest.raises(ConfigurationError) as caught:
        config(**settings)
    return caught.value


def outcome(make):
    """Return what is made, or the error that says why not."""
    try:
        return make()
    except ConfigurationError as error:
        return error


def test_config_needs_pool_and_client_only():
    """Everything else has a default."""
    made = config()
    expected = ("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123", "eu-west-1", DEFAULT_SCOPES)
    assert (made.issuer, made.region, made.scopes) == expected


@pytest.mark.parametrize(
    ("pool", "issuer"),
    [
        ("us-gov-west-1_AbC", "https://cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_AbC"),
        ("eusc-de-east-1_AbC", "https://cognito-idp.eusc-de-east-1.amazonaws.eu/eusc-de-east-1_AbC"),
        ("ap-southeast-3_AbC", "https://cognito-idp.ap-southeast-3.amazonaws.com/ap-southeast-3_AbC"),
    ],
)
def test_config_knows_the_issuer_of_each_partition(pool, issuer):
    """The region is the pool id's."""
    assert config(user_pool_id=pool).issuer == issuer


@pytest.mark.parametrize("client_id", [None, ""])
def test_config_says_how_to_set_what_is_missing(client_id):
    """The next step names file, environment and keyword."""
    error = refusal(client_id=client_id)
    assert (error.setting, "COGNITO_NB_CLIENT_ID" in str(error)) == ("client_id", True)


def test_config_needs_a_pool_or_an_issuer():
    """One of them names the pool."""
    assert refusal(user_pool_id=None).setting == "user_pool_id"
    assert config(user_pool_id=None, issuer="http://localhost:9000/local_Pool").region is None


@pytest.mark.refused("CF-03")
@pytest.mark.parametrize(
    "pool",
    [
        "eu-west-1",
        "AbC123",
        "eu-west-1_",
        "_AbC",
        "eu-west-1_/../x",
        "eu-west-1_a b",
        "eu-west-1_AbC\n",
        "eu_west_1_AbC",
        "https://x_y",
        "eu-west-1_" + "a" * 60,
        "EU-WEST-1_AbC",
        "eu-west_AbC",
        "",
        5,
        b"eu-west-1_AbC",
        ["eu-west-1_AbC"],
    ],
    ids=repr,
)
def test_config_refuses_a_malformed_pool_id(pool):
    """It becomes part of a URL (CF-03)."""
    error = refusal(user_pool_id=pool)
    assert (error.setting, "user_pool_id" in str(error), len(str(error)) <= 500) == ("user_pool_id", True, True)


@pytest.mark.refused("CF-03")
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-2"])
def test_config_refuses_a_region_that_is_not_the_pools(region):
    """One of the two is a mistake (CF-03)."""
    error = refusal(region=region)
    assert (error.setting, region in str(error)) == ("user_pool_id", True)


@pytest.mark.parametrize("region", ["", "eu-west", "evil.example/", "eu-west-1.evil.example", 5, [], b"eu-west-1", "x"])
def test_config_refuses_a_malformed_region(region):
    """It becomes part of a host name, with an issuer of one's own too."""
    assert refusal(user_pool_id=None, issuer="https://idp.example.com", region=region).setting == "region"


@pytest.mark.accepted("CF-01", "CF-02")
@pytest.mark.parametrize(
    ("domain", "url"),
    [
        ("team", "https://team.auth.eu-west-1.amazoncognito.com"),
        ("login.example.com", "https://login.example.com"),
        ("https://login.example.com/", "https://login.example.com"),
        ("https://login.example.com:8443", "https://login.example.com:8443"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("http://localhost:9000", "http://localhost:9000"),
        ("http://127.0.0.1:9000/", "http://127.0.0.1:9000"),
        ("http://[::1]:9000", "http://[::1]:9000"),
        ("[::1]", "https://[::1]"),
        ("localhost", "https://localhost"),
    ],
)
def test_config_normalises_a_domain(domain, url):
    """Prefix, host name or URL (CF-01, CF-02)."""
    assert config(domain=domain).domain == url


def test_config_completes_a_prefix_in_gov_cloud():
    """Its domains have another host."""
    made = config(user_pool_id="us-gov-west-1_AbC", domain="team")
    assert made.domain == "https://team.auth-fips.us-gov-west-1.amazoncognito.com"


BAD_DOMAINS = [
    "http://login.example.com",
    "https://login.example.com/path",
    "https://login.example.com?a=b",
    "https://login.example.com?",
    "https://good@evil.example",
    "https://localhost:80@evil.example",
    "login.example.com.",
    "https://login.example.com.",
    "",
    " ",
    "login example.com",
    "login.example.com\n",
    "login.example.com#",
    "https://login.example.com/#x",
    "login%2fexample.com",
    "l\u043egin.example.com",
    "b\u00fccher.example",
    "a" * 300,
    f"{'a' * 64}.example.com",
    "login..example.com",
    "https://169.254.169.254",
    "169.254.169.254",
    "10.0.0.1",
    "https://[fe80::1]",
    "https://[2600:1f18::1]",
    "2600:1f18::1",
    "[::ffff:169.254.169.254]",
    "http://10.0.0.1",
    "http://169.254.169.254/latest/meta-data",
    "0xa9fea9fe.0xa9",
    "https://0x7f000001",
    "file:///etc/passwd",
    "file:///",
    "gopher:",
    "gopher://example.com",
    "javascript:alert(1)",
    "https://",
    "//example.com",
    "https://example.com:0",
    5,
    True,
    1.5,
    float("nan"),
    b"login",
    ["login"],
    {},
    dt.date(2026, 1, 1),
]


@pytest.mark.refused("CF-01", "CF-02")
@pytest.mark.parametrize("domain", BAD_DOMAINS, ids=repr)
def test_config_refuses_a_domain(domain):
    """Plain http, paths, user names, look-alikes, private networks, other types (CF-01, CF-02)."""
    error = refusal(domain=domain)
    assert (error.setting, "domain" in str(error), len(str(error)) <= 500) == ("domain", True, True)


@pytest.mark.parametrize(
    "issuer",
    [
        "http://idp.example.com",
        "https://idp.example.com?a=b",
        "https://idp.example.com/x?",
        "https://u@idp",
        5,
        b"x",
        ["x"],
    ],
)
def test_config_refuses_an_issuer(issuer):
    """It is compared to the letter, and keys are fetched below it."""
    assert refusal(issuer=issuer).setting == "issuer"


def test_config_takes_an_issuer_of_ones_own():
    """For local pools; the slash at the end is not part of it."""
    assert config(issuer="http://localhost:9000/local_Pool/").issuer == "http://localhost:9000/local_Pool"


@pytest.mark.parametrize(
    ("scopes", "kept"),
    [
        ("openid email", ("openid", "email")),
        (["openid", "https://api.example.com/read.all"], ("openid", "https://api.example.com/read.all")),
        (("openid", "openid", "a"), ("openid", "a")),
        ("a b&admin=1#x", ("a", "b&admin=1#x")),
        ("aws.cognito.signin.user.admin", ("aws.cognito.signin.user.admin",)),
    ],
)
@pytest.mark.accepted("AR-06")
def test_config_takes_scopes(scopes, kept):
    """A list or a text with blanks; each once; RFC 6749's whole alphabet (AR-06)."""
    assert config(scopes=scopes).scopes == kept


@pytest.mark.parametrize("scope", ['a"b', "a\\b", "a\nb", "a b", "\U0001f600", "é", "", "a\x7f", "a\x00", "s" * 257])
@pytest.mark.refused("AR-06")
def test_config_refuses_a_scope_of_other_characters(scope):
    """What RFC 6749 §3.3 does not know is refused, naming the setting (AR-06)."""
    assert refusal(scopes=["openid", scope]).setting == "scopes"


@pytest.mark.refused("AR-06")
def test_config_names_the_scope_that_it_refuses():
    """The reader finds it."""
    assert "'a\"b'" in str(refusal(scopes=["openid", 'a"b']))


@pytest.mark.parametrize(("count", "allowed"), [(50, True), (51, False)])
@pytest.mark.holds("AR-06")
def test_config_bounds_the_number_of_scopes(count, allowed):
    """Cognito's limit is 50 (AR-06)."""
    scopes = [f"s{number}" for number in range(count)]
    if allowed:
        assert len(config(scopes=scopes).scopes) == count
    else:
        assert "1 to 50" in str(refusal(scopes=scopes))


@pytest.mark.parametrize(
    "scopes", ["", [], (), None, 5, {"openid"}, {"openid": 1}, [5], [None], b"openid", [b"openid"]], ids=repr
)
def test_config_refuses_scopes_that_are_no_list(scopes):
    """Without scope Cognito would grant all that the client has."""
    assert refusal(scopes=scopes).setting == "scopes"


@pytest.mark.parametrize("scope", ["email", "phone", "profile"])
def test_config_refuses_user_data_without_openid(scope):
    """Cognito answers invalid_scope only after the password (AR-06)."""
    assert f"asks for {scope}, which needs openid" in str(refusal(scopes=[scope, "x/read"]))


@pytest.mark.parametrize("setting", ["redirect_uris", "api_origins", "logout_uri"])
@pytest.mark.parametrize(
    "url",
    [
        "http://example.com",
        "https://u@example.com",
        "example.com",
        "https://169.254.169.254",
        "https://example.com#x",
        "https://ex ample.com",
    ],
)
def test_config_refuses_urls(setting, url):
    """https, or this machine; the URL at fault is shown where there are several."""
    assert refusal(**{setting: url if setting == "logout_uri" else [url]}).setting == setting


@pytest.mark.parametrize(
    "origin", ["https://api.example.com/v1", "https://api.example.com?a=b", "https://api.example.com//"]
)
def test_config_refuses_origins_with_a_path(origin):
    """A token goes to a whole origin; a path would promise less."""
    assert "an origin has no path" in str(refusal(api_origins=[origin]))


def test_config_takes_lists_of_urls():
    """A list or a text with blanks."""
    made = config(
        redirect_uris="http://localhost:1/x https://hub.example.org/y?z", api_origins=["https://api.example.com/"]
    )
    assert made.redirect_uris == ("http://localhost:1/x", "https://hub.example.org/y?z")
    assert made.api_origins == ("https://api.example.com/",)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("client_id", "a b"),
        ("client_id", "x" * 129),
        ("client_id", 5),
        ("client_id", "é"),
        ("lang", "en-US"),
        ("lang", 5),
        ("prompt", "maybe"),
        ("prompt", ""),
        ("prompt", ["login"]),
        ("prompt", "login maybe"),
        ("resource", "api"),
        ("resource", "http://example.com"),
        ("resource", "https://a b"),
        ("identity_pool_id", "eu-west-1"),
        ("identity_provider", "a\nb"),
        ("identity_provider", ""),
        ("idp_identifier", "\x7f"),
        ("login_hint", "x" * 1025),
        ("login_hint", "\ud800"),
        ("login_hint", 5),
        ("profile", ""),
        ("profile", 5),
        ("grant", "password"),
        ("remember", "disk"),
        ("show_identity", "yes"),
        ("show_identity", 1),
        ("show_identity", None),
    ],
)
def test_config_refuses_values(setting, value):
    """Of the wrong form, type or choice; the setting is named."""
    error = refusal(**{setting: value})
    assert (error.setting, setting in str(error)) == (setting, True)


@pytest.mark.parametrize("remember", ["server", "keyring"])
def test_config_refuses_to_remember_an_injected_session(remember):
    """It lives in its kernel, so the setting would promise what nobody keeps; the token is not shown."""
    error = refusal(remember=remember, refresh_token="a-refresh-token-0000")
    assert error.setting == "remember"
    assert "refresh_token" in error.message
    assert "COGNITO_NB_REMEMBER=kernel" in error.hint
    assert "0000" not in str(error)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("lang", "pt-BR"),
        ("prompt", "login consent"),
        ("resource", "https://api.example.com"),
        ("resource", "urn-x://a"),
        ("identity_provider", "Äzure AD"),
        ("login_hint", "ada@example.com"),
        ("identity_pool_id", "eu-west-1:0a-1b"),
        ("idp_identifier", "x" * 1024),
        ("show_identity", False),
        ("logout_uri", "http://localhost:8888/bye"),
    ],
)
def test_config_takes_values(setting, value):
    """As they are."""
    assert getattr(config(**{setting: value}), setting) == value


@pytest.mark.parametrize(
    ("endpoints", "word"),
    [
        ({"tokens": "https://example.com"}, "unknown endpoint 'tokens'"),
        ({"token": "http://example.com"}, "token"),
        ({"token": 5}, "token"),
        ({5: "https://example.com"}, "unknown endpoint"),
        ("https://example.com", "table"),
        (["token"], "table"),
        (None, "table"),
    ],
)
def test_config_refuses_endpoints(endpoints, word):
    """A table of known names and usable URLs."""
    error = refusal(endpoints=endpoints)
    assert (error.setting, word in str(error)) == ("endpoints", True)


def test_config_takes_all_endpoints():
    """And keeps them read only."""
    made = config(endpoints=dict.fromkeys(ENDPOINT_NAMES, "https://example.com/x"))
    assert isinstance(made.endpoints, MappingProxyType)
    assert set(made.endpoints) == set(ENDPOINT_NAMES)


def test_config_cannot_be_changed():
    """What was checked stays as it is."""
    with pytest.raises(AttributeError):
        config().client_id = "another"


@pytest.mark.holds("CF-11")
@pytest.mark.parametrize("secret", [SECRET, Secret(SECRET)])
def test_config_hides_the_client_secret(secret):
    """However it came, it shows nowhere (CF-11)."""
    made = config(client_secret=secret)
    assert made.secret.reveal() == SECRET
    assert SECRET not in f"{made!r} {made}"


def test_config_without_client_secret_has_none():
    """A public client."""
    assert config().secret is None


@pytest.mark.parametrize(
    "secret", ["", " ", "a b", "é" * 20, "x" * 257, 5, SECRET.encode(), [SECRET], "line\nbreak"], ids=repr
)
def test_config_refuses_a_client_secret_without_showing_it(secret):
    """Not in the message; the fix is named."""
    error = refusal(client_secret=secret)
    assert (error.setting, "(not shown)" in str(error)) == ("client_secret", True)
    assert not isinstance(secret, str) or len(secret) < 8 or secret not in str(error)


@pytest.mark.parametrize("settings", [{"client_id": None}, {"user_pool_id": "x"}, {"scopes": []}, {"domain": 5}])
def test_config_shows_no_client_secret_when_it_refuses_something_else(settings):
    """No frame of our own code holds it in clear; what the caller wrote is the caller's."""
    with pytest.raises(ConfigurationError) as caught:
        config(client_secret=SECRET, **settings)
    frames = traceback.walk_tb(caught.value.__traceback__)
    ours = [frame for frame, _ in frames if Path(frame.f_code.co_filename).name in ("config.py", "config_checks.py")]
    assert len(ours) >= 2
    assert not any(SECRET in repr(frame.f_locals) for frame in ours)


def test_config_says_where_a_value_came_from():
    """A keyword, unless told otherwise."""
    assert refusal(lang="xx").source == "keyword"
    error = refusal(lang="xx", sources={"lang": "environment variable COGNITO_NB_LANG"})
    assert error.source == "environment variable COGNITO_NB_LANG"
    assert "(from environment variable COGNITO_NB_LANG)" in str(error)


@pytest.mark.parametrize(
    ("settings", "label"),
    [
        ({}, "eu-west-1_AbC123"),
        ({"profile": "dev"}, "dev (eu-west-1_AbC123)"),
        ({"user_pool_id": None, "issuer": "https://idp.example.com/x"}, "idp.example.com"),
    ],
)
def test_label_names_the_pool(settings, label):
    """By profile and id, else by the issuer's host."""
    assert config(**settings).label == label


def test_authorization_options_are_those_that_are_set():
    """Nothing empty goes into the request."""
    assert config(lang="de", login_hint="ada").authorization_options == {"lang": "de", "login_hint": "ada"}


def test_settings_are_all_fields_but_two():
    """The profile and the sources are not settings of a file."""
    assert set(SETTINGS) == set(CognitoConfig.__dataclass_fields__) - {"profile", "sources"}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.binary() | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3)
        | st.tuples(inner)
    ),
    max_leaves=4,
)
LIKELY = st.sampled_from(
    [
        "https://",
        "http://[",
        "https://[::1",
        "http://localhost",
        "eu-west-1_x",
        "https://xn--a",
        "a" * 2000,
        "\ud800",
        "0x7f000001",
        "https://example.com:99999",
        ["https://["],
        ["http://localhost:x"],
        {"token": "http://["},
        {"token": None},
        "openid",
        ["openid"],
    ]
)


@pytest.mark.shows_secrets("a value that is drawn twice is the secret of one setting, and shown of another")
@given(st.dictionaries(st.sampled_from([*SETTINGS, "profile"]), ANYTHING | LIKELY, max_size=4), st.booleans())
def test_config_takes_anything(settings, complete):
    """Any values make a config, or an error that names a setting; never another exception."""
    made = outcome(partial(CognitoConfig, **({**POOL, **settings} if complete else settings)))
    if isinstance(made, ConfigurationError):
        assert made.setting in {*SETTINGS, "profile"}
        assert len(str(made)) <= 500
    else:
        " ".join([made.client_id, made.issuer, *made.authorization_options.values()]).encode()  # can be sent


URL = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["https://", "http://", "", "HTTPS://", "file://"]),
    st.sampled_from(["", "", "", "u@", "u:p@"]),
    st.sampled_from(["example.com", "localhost", "127.0.0.1", "[::1]", "10.0.0.5", "[fd00::1]", "169.254.169.254"])
    | st.from_regex(r"[0-9a-fx]{1,10}(\.[0-9a-fx]{1,4}){0,3}", fullmatch=True)
    | st.ip_addresses().map(lambda address: f"[{address}]" if address.version == 6 else str(address))
    | st.text(max_size=12),
    st.sampled_from(["", "/", ":8443", ":0", "/path", "?a=b", "#x", "/../", "\\@evil.example", "%2f"]),
)
ADDRESSED = {"domain": URL, "issuer": URL, "logout_uri": URL, "redirect_uris": st.lists(URL, max_size=2)}
ADDRESSED |= {
    "api_origins": st.lists(URL, max_size=2),
    "endpoints": st.dictionaries(st.sampled_from(ENDPOINT_NAMES), URL),
}
OWN_NETWORK = ("logout_uri", "redirect_uris", "api_origins")  # a company's API may have an address for a name


def is_safe(url, *, own_network):
    """Tell, by other means than the code's, whether a browser or a token may be sent to a URL."""
    parts = urlsplit(url)
    host = parts.hostname
    if host in ("localhost", "127.0.0.1", "::1"):
        return parts.scheme in ("https", "http") and parts.username is None and "#" not in url
    try:
        address = ipaddress.ip_address(socket.inet_aton(host) if ":" not in host else host)
    except OSError:  # no address in any of the resolver's spellings
        address = None
    named = address is None or (own_network and not (address.is_link_local or address.is_loopback))
    return named and parts.scheme == "https" and parts.username is None and "#" not in url and url.isascii()


@pytest.mark.refused("CF-01", "CF-02")
@given(st.sampled_from(sorted(ADDRESSED)).flatmap(lambda name: st.tuples(st.just(name), ADDRESSED[name])))
def test_config_takes_safe_addresses_only(setting):
    """Whichever setting holds a URL: what is accepted is https or this machine, and in nobody's network."""
    name, value = setting
    made = outcome(partial(config, **{name: value}))
    if isinstance(made, ConfigurationError):
        assert (made.setting, len(str(made)) <= 500) == (name, True)
        return
    kept = getattr(made, name)
    urls = [kept] if isinstance(kept, str) else kept.values() if name == "endpoints" else kept or ()
    assert all(is_safe(url, own_network=name in OWN_NETWORK) for url in urls)


@given(st.lists(st.text(max_size=8) | st.sampled_from(["openid", "email", "a/b"]), max_size=4))
def test_config_takes_scopes_of_the_standards_alphabet_only(scopes):
    """RFC 6749 §3.3 has no blanks, quotes, backslashes, control characters, or letters beyond ASCII."""
    made = outcome(partial(config, scopes=scopes))
    legal = [scope and not any(not "!" <= letter <= "~" or letter in '"\\' for letter in scope) for scope in scopes]
    needs_openid = {"email", "phone", "profile"} & set(scopes) and "openid" not in scopes
    assert isinstance(made, CognitoConfig) == bool(scopes and all(legal) and not needs_openid)


@given(st.sampled_from(["identity_provider", "login_hint", "domain", "scopes", "client_id"]), st.text(min_size=1))
def test_config_echoes_values_fit_to_be_shown(setting, text):
    """No control character of a value reaches the terminal."""
    made = outcome(partial(config, **{setting: [text] if setting == "scopes" else text}))
    shown = str(made) if isinstance(made, ConfigurationError) else ""
    assert all(character.isprintable() or character == "\n" for character in shown)


def test_issuer_of_another_pool_is_refused():
    """AWS's issuer names its pool; a second, other id is a mistake."""
    other = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Zzz"
    assert refusal(user_pool_id="eu-west-1_AbC", issuer=other).setting == "issuer"


def test_domain_prefix_without_a_region_is_refused():
    """It would be taken for a host of that name."""
    assert refusal(user_pool_id=None, issuer="https://issuer.example.com/p", domain="my-prefix").setting == "domain"


def test_domain_prefix_beside_an_issuer_has_the_pools_region():
    """The region comes from the pool's id, also where the issuer is given in Cognito's newer form."""
    issuer = "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC"
    made = CognitoConfig(user_pool_id="eu-west-1_AbC", client_id="abc", issuer=issuer, domain="my-prefix")
    assert made.domain == "https://my-prefix.auth.eu-west-1.amazoncognito.com"


def test_more_callback_urls_than_cognito_allows_are_refused():
    """An app client has at most 100, and the wire takes no more."""
    assert refusal(redirect_uris=[f"http://localhost:{port}/x" for port in range(1, 103)]).setting == "redirect_uris"


def client(**settings):
    return config(**{"grant": "client_credentials", "client_secret": SECRET, **settings})


def test_config_of_an_app_client_asks_for_no_scope():
    """Then Cognito grants all custom scopes of the client; the default is a user's."""
    assert (client().is_for_client, client().scopes, config().is_for_client) == (True, (), False)


def test_config_of_an_app_client_takes_custom_scopes():
    """Those it asks for, and none else."""
    assert client(scopes=["demo/read"]).scopes == ("demo/read",)


def test_config_of_an_app_client_stays_the_same_when_it_is_copied():
    """No scope is still no scope."""
    assert replace(client(), lang="de") == client(lang="de")


@pytest.mark.parametrize("scope", ["openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"])
def test_config_of_an_app_client_refuses_scopes_about_a_user(scope):
    """Cognito would answer invalid_scope."""
    assert "scopes asks for" in str(refusal(grant="client_credentials", client_secret=SECRET, scopes=[scope, "openid"]))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("client_secret", None),
        ("resource", "https://api.example.com"),
        ("refresh_token", "a-refresh-token"),
        ("remember", "server"),
        ("remember", "keyring"),
    ],
)
def test_config_of_an_app_client_refuses_what_it_has_no_use_for(setting, value):
    """The setting is named, and the grant that it does not go with."""
    error = refusal(**{"grant": "client_credentials", "client_secret": SECRET, setting: value})
    assert (error.setting, "client_credentials" in str(error)) == (setting, True)


def test_config_of_an_app_client_says_how_to_give_the_secret():
    """Environment, keyword or keyring."""
    hint = refusal(grant="client_credentials").hint
    assert all(way in hint for way in ("COGNITO_NB_CLIENT_SECRET", "keyword", '"keyring"'))


@pytest.mark.parametrize(("secret", "there"), [("keyring", True), (Secret("keyring"), True), (SECRET, False)])
def test_config_knows_a_secret_in_the_keyring(secret, there):
    """No secret of Cognito's is as short as that word."""
    assert config(client_secret=secret).keeps_secret_in_keyring is there
