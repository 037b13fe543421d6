"""Which URLs may be used at all."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_nb.urls import is_loopback, origin_of, url_fault

PUBLIC = [
    "https://pool.auth.eu-west-1.amazoncognito.com",
    "https://example.com:8443/path?query=1",
    "https://EXAMPLE.com",
    "https://xn--bcher-kva.example",
    "https://idp",
    "https://a_b.example.com",
    "https://0xa.example.com",
    "https://1e100.net",
    f"https://{'a' * 63}.example.com",
]
LOCAL = [
    f"{scheme}://{host}{port}/x"
    for scheme in ("http", "https")
    for host in ("localhost", "127.0.0.1", "[::1]")
    for port in ("", ":80")
]
PRIVATE = [
    "https://169.254.169.254/latest/meta-data",
    "https://10.0.0.1",
    "https://192.168.1.1",
    "https://172.16.0.1",
    "https://0.0.0.0",
    "https://127.0.0.2",
    "https://100.64.0.1",
    "https://[fd00::1]",
    "https://[fe80::1]",
    "https://[fe80::1%25eth0]",
    "https://[::ffff:169.254.169.254]",
    "https://[::ffff:127.0.0.1]",
    "https://[::]",
    "https://[64:ff9b::a9fe:a9fe]",
    "https://224.0.0.1",
    "https://8.8.8.8/",
    "https://[2600:1f18::1]/",
    # what a resolver takes for an address though it is written as a name
    "https://0xa9fea9fe",
    "https://0xa9.0xfe.0xa9.0xfe",
    "https://169.254.169.0xfe",
    "https://0x7f.1",
    "https://127.1",
    "https://2852039166",
    "https://0251.0376.0251.0376",
    "https://a.1",
    "https://0x",
]
NO_HOST_NAME = [
    "https://a..b",
    "https://.a",
    "https://a.",
    "https://-a.com",
    "https://a-",
    f"https://{'a' * 64}.com",
    f"https://{'.'.join(['a' * 63] * 4)}",
    "https://a%2fb.com",
    "https://a,b",
    "https://ex*mple.com",
    "https://[v1.a]",
    "http://evil.example[::1]/",
    "https://[::1]evil.example/",
]
NO_HTTPS = [
    "http://example.com",
    "http://localhost.evil.example",
    "http://127.0.0.1.evil.example",
    "HTTP://example.com",
]
OTHER_SCHEMES = [
    "file:///etc/passwd",
    "gopher://example.com",
    "ftp://example.com",
    "javascript:alert(1)",
    "//example.com",
    "example.com",
    "https:",
    "https://",
    "https:///x",
    "https:example.com",
]
USER_NAMES = [
    "https://good@evil.example",
    "https://localhost:80@evil.example",
    "https://u:p@example.com",
    "https://@example.com",
    "https://example.com:0",
]
NOT_PRINTABLE = [
    "",
    " https://example.com",
    "https://example.com\n",
    "https://exa mple.com",
    "https://ex\tample.com",
    "https://example.com\x00",
    "https://exämple.com",
    "https://\u0435xample.com",
    "https://example.com\\@evil.example",
    f"https://example.com/{'a' * 1024}",
    None,
    5,
    b"https://example.com",
    ["https://example.com"],
]


@pytest.mark.parametrize("url", PUBLIC + LOCAL)
def test_url_fault_allows(url):
    """Https anywhere in public, and http on this machine."""
    assert url_fault(url) is None


@pytest.mark.refused("CF-01", "CF-02")
@pytest.mark.parametrize("url", PRIVATE + NO_HOST_NAME)
def test_url_fault_refuses_private_networks_and_names_that_are_none(url):
    """A setting, or a discovery document, points nowhere into the user's own network (CF-01, CF-02)."""
    assert url_fault(url) == "has no valid host name, or points into a private network"


@pytest.mark.parametrize("url", NO_HTTPS)
def test_url_fault_refuses_plain_http(url):
    """Codes and tokens travel encrypted, except on loopback."""
    assert url_fault(url).startswith("must be https")


@pytest.mark.parametrize("url", OTHER_SCHEMES)
def test_url_fault_refuses_other_schemes(url):
    """And URLs that are not absolute."""
    assert url_fault(url) == "must start with https:// and name a host"


@pytest.mark.refused("CF-01")
@pytest.mark.parametrize("url", USER_NAMES)
def test_url_fault_refuses_user_names(url):
    """What stands before an @ looks like a host (CF-01)."""
    assert url_fault(url) == "must not hold a user name or port 0"


@pytest.mark.refused("CF-02")
@pytest.mark.parametrize("url", ["https://gopher:", "https://example.com:/x", "http://[::1]:"])
def test_url_fault_refuses_an_empty_port(url):
    """Else a scheme without an address would be taken for a host (CF-02)."""
    assert url_fault(url) == "must not end its host with a colon"


@pytest.mark.parametrize("url", ["https://example.com#", "https://example.com/#x", "http://localhost#@evil.example"])
def test_url_fault_refuses_fragments(url):
    """They are never sent."""
    assert url_fault(url) == "must not hold a fragment (#)"


@pytest.mark.parametrize("url", NOT_PRINTABLE, ids=repr)
def test_url_fault_refuses_what_is_no_printable_ascii(url):
    """Homographs, control characters, blanks, and what is no string at all."""
    assert url_fault(url) == "is no absolute URL of printable ASCII characters"


@pytest.mark.parametrize(
    "url", ["https://[", "https://[::1", "https://example.com:port", "https://example.com:99999", "https://[::zz]"]
)
def test_url_fault_refuses_what_urlsplit_does(url):
    """No ValueError gets out."""
    assert url_fault(url) == "is no URL"


@given(st.text() | st.from_regex(r"https?://[!-~]{0,40}", fullmatch=True))
def test_url_fault_takes_anything(url):
    """Any text gets a verdict; what passes is https or loopback, without user name or fragment, and has an origin."""
    if url_fault(url) is None:
        scheme, host, port = origin_of(url)
        assert scheme == "https" or is_loopback(host)
        assert 0 < port < 65536
        assert "@" not in urlsplit(url).netloc


@given(address=st.ip_addresses(), port=st.sampled_from(["", ":443"]))
def test_url_fault_allows_no_address_but_loopback(address, port):
    """A user pool has a name; there are too many spellings of private addresses to list (CF-02)."""
    host = f"[{address}]" if address.version == 6 else str(address)
    assert (url_fault(f"https://{host}{port}") is None) == is_loopback(str(address))


@pytest.mark.parametrize("url", ["https://10.0.0.5:8888/x", "https://[fd00::1]/", "https://8.8.8.8"])
def test_url_fault_allows_addresses_where_a_private_network_is_meant(url):
    """A company's API, or its Jupyter server, may have no name."""
    assert url_fault(url, private=True) is None


@pytest.mark.parametrize(
    "url", ["https://169.254.169.254", "https://[fe80::1]", "https://224.0.0.1", "https://0.0.0.0"]
)
def test_url_fault_never_allows_link_local_addresses(url):
    """Nobody's API is there, but the cloud's metadata service is."""
    assert url_fault(url, private=True) is not None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_is_loopback_knows_this_machine(host):
    """By its three names."""
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", [None, "", "127.0.0.2", "localhost.", "LOCALHOST", "0.0.0.0", "[::1]", "localhost.evil.example"]
)
def test_is_loopback_knows_no_other(host):
    """A resolver may know more; we do not ask it."""
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Example.com", ("https", "example.com", 443)),
        ("http://localhost/x", ("http", "localhost", 80)),
        ("https://example.com.:8443/", ("https", "example.com", 8443)),
        ("https://[::1]:1/", ("https", "::1", 1)),
        ("ftp://example.com", ("ftp", "example.com", 0)),
    ],
)
def test_origin_of_normalises(url, origin):
    """Lower case, the default port filled in, the root's dot gone."""
    assert origin_of(url) == origin


@pytest.mark.parametrize("url", ["", "/path", "https://", "https://example.com:99999", "https://[::1"])
def test_origin_of_raises_for_what_has_none(url):
    """Without a host, or with an impossible port."""
    with pytest.raises(ValueError):  # noqa: PT011 - urllib's own words
        origin_of(url)
