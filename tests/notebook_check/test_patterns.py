"""What is a secret and what only looks like one."""

import base64
import json
import uuid
from urllib.parse import quote

import pytest
from notebook_check.notebooks import make_secrets, segment

from cognito_nb.local_pool import LocalUserPool
from cognito_nb.notebook_check import patterns
from cognito_nb.notebook_check.patterns import find_secrets

SECRETS = make_secrets()
CODE = SECRETS["authorization code"]
CLIENT_SECRET = SECRETS["client secret"]
KEY = SECRETS["AWS secret key"]
URL = f"http://localhost:8888/cognito/callback?code={CODE}&state=Zm9vYmFyYmF6"
OPAQUE = "7Qm-x0Vd_4kTz9LwYb2RfNc8HsJ6gPu1EaXo3iKt5Mv"
HEX = "da39a3ee5e6b4b0d3255bfef95601890afd80709"


def seen(text):
    return [(found.what, text[found.start : found.end]) for found in find_secrets(text)]


@pytest.mark.parametrize("what", ["ID token (JWT)", "access token (JWT)", "JWT", "refresh token (encrypted JWT)"])
@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "Bearer {}",
        "token={}&x=1",
        "{}.",
        "'{}'",
        r"a\n{}\n",
        "<td>{}</td>",
        "%20{}",
        "\x1b[38;5;124m{}\x1b[39m",
        r"\"{}\"",
    ],
)
def test_tokens_prove_themselves(what, around):
    """A token is found whole, whatever stands around it."""
    assert seen(around.format(SECRETS[what])) == [(what, SECRETS[what])]


def test_tokens_beside_each_other_are_several():
    """Each is found, on lines of their own or in a list."""
    tokens = [SECRETS[what] for what in ("ID token (JWT)", "access token (JWT)", "refresh token (encrypted JWT)")]
    assert [value for _, value in seen("\n".join(tokens))] == tokens
    assert [value for _, value in seen(",".join(tokens))] == tokens


@pytest.mark.parametrize("what", ["access token (JWT)", "refresh token (encrypted JWT)"])
@pytest.mark.parametrize("width", [60, 115])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\n  "])
def test_tokens_that_were_wrapped_are_found(what, width, newline):
    """Rich breaks long words where its line ends."""
    token = SECRETS[what]
    wrapped = newline.join(token[start : start + width] for start in range(0, len(token), width))
    assert seen(f"'{wrapped}'\nrest") == [(what, wrapped)]


def test_tokens_of_the_local_pool_are_found():
    """What a real client is sent, as a printed response; AWS credentials of the identity pool look like AWS's."""
    with LocalUserPool() as pool:
        tokens = pool.tokens("ada")
    for text in (repr(tokens), json.dumps(tokens), json.dumps(json.dumps(tokens))):
        assert sorted(what for what, _ in seen(text)) == [
            *("ID token (JWT)", "access token (JWT)", "refresh token (encrypted JWT)")
        ]


@pytest.mark.parametrize("exp", [1_700_000_000, 1_700_000_000.5])
def test_expiry_is_read_from_the_token(exp):
    """It tells how bad the leak is."""
    text = f"{segment({'alg': 'RS256'})}.{segment({'exp': exp})}.{segment(b'x' * 256)}"
    assert [found.expires_at for found in find_secrets(text)] == [exp]


@pytest.mark.parametrize("exp", ["soon", None, [1], -1, 10**400, float("inf"), float("nan")])
def test_an_expiry_that_is_no_time_is_none(exp):
    """The token is reported all the same."""
    text = f"{segment({'alg': 'RS256'})}.{segment({'exp': exp})}.{segment(b'x' * 256)}"
    assert [found.expires_at for found in find_secrets(text)] == [None]


@pytest.mark.parametrize(
    "text",
    [
        URL,
        URL.replace("&", "&amp;"),
        URL.replace("&", r"\u0026"),
        f"/login?next={quote(URL, safe='')}",
        f"/login?next={quote(quote(URL, safe=''), safe='')}",
        f"https://app.example/?state=Zm9vYmFyYmF6&code={CODE}",
        f"http://localhost:8888/cognito/callback?code={CODE}",
        f"302 GET /user/ada/cognito/callback?code={CODE}&state=[secret] (127.0.0.1)",
        f"grant_type=authorization_code&code={CODE}&client_id=x",
        f"code={CODE}&grant_type=authorization_code",
        f'authorization_code = "{CODE}"',
        f"<a href='{URL}'>back</a>",
    ],
)
def test_authorization_codes_are_found_in_urls(text):
    """Plain, escaped for HTML, encoded once or twice, with the state before or behind, or below a callback."""
    assert seen(text) == [("authorization code", CODE)]


@pytest.mark.parametrize(
    ("what", "template"),
    [
        ("client secret", 'client_secret = "{}"'),
        ("client secret", "COGNITO_NB_CLIENT_SECRET={}"),
        ("client secret", "%env COGNITO_NB_PROD__CLIENT_SECRET={}"),
        ("client secret", 'os.environ["CLIENT_SECRET"] = "{}"'),
        ("client secret", 'os.environ.setdefault("CLIENT_SECRET", "{}")'),
        ("client secret", "{{'clientSecret': '{}', 'x': 1}}"),
        ("client secret", r"{{\"ClientSecret\": \"{}\"}}"),
        ("client secret", "&quot;client_secret&quot;: &quot;{}&quot;"),
        ("client secret", "client_id=x&client_secret={}&scope=openid"),
        ("client secret", "client_secret%3D{}%26x"),
        ("client secret", 'client_secret: str = "{}"'),
        ("client secret", "client_secret\x1b[38;5;241m=\x1b[39m\x1b[38;5;124m'\x1b[39m\x1b[38;5;124m{}\x1b[39m'"),
        ("AWS secret key", "aws_secret_access_key = {}"),
        ("AWS secret key", "AWS_SECRET_ACCESS_KEY='{}'"),
        ("AWS secret key", "{{'SecretKey': '{}', 'Expiration': 1}}"),
        ("AWS secret key", '"SecretAccessKey":"{}"'),
        ("PKCE code verifier", "code_verifier={}&x"),
        ("PKCE code verifier", "code_verifier='{}'"),
    ],
)
def test_a_telling_name_makes_a_random_value_a_secret(what, template):
    """In code, JSON, HTML, forms, the environment and coloured tracebacks."""
    assert seen(template.format(SECRETS[what])) == [(what, SECRETS[what])]


@pytest.mark.parametrize(
    "template",
    ["AccessKeyId: {}", "{}", "X-Amz-Credential={}%2F20260101%2Feu", "Credential={}/20260101/eu-west-1", "%3D{}"],
)
def test_aws_key_ids_prove_themselves(template):
    """Temporary ones and those of IAM users, in signatures and URLs, too."""
    for key in (SECRETS["AWS access key id"], "AKIA" + SECRETS["AWS access key id"][4:]):
        assert seen(template.format(key)) == [("AWS access key id", key)]


def test_aws_session_tokens_are_found_by_name_or_beginning():
    """Behind a name in any form, and alone where the beginning is AWS's."""
    token = SECRETS["AWS session token"]
    assert seen(f"x {token} y") == [("AWS session token", token)]
    other = "Fw0G" + token[20:]
    for text in (f"aws_session_token={other}", f"'SessionToken': '{other}'", f"X-Amz-Security-Token: {other}"):
        assert seen(text) == [("AWS session token", other)]


@pytest.mark.parametrize("what", ["access token (JWT)", "refresh token (encrypted JWT)"])
@pytest.mark.parametrize("point", ["%2E", "%2e", "%252E", "&#46;", "&#x2e;", r"\u002e", r"\\u002E"])
def test_tokens_are_found_with_their_points_escaped(what, point):
    """For a URL, once or twice, for HTML and for JSON; and what is in them is still read."""
    token = SECRETS[what].replace(".", point)
    assert seen(f'"{token}"') == [(what, token)]


@pytest.mark.parametrize("what", ["access token (JWT)", "refresh token (encrypted JWT)"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_tokens_are_found_in_base64(what, encode):
    """Encoded once more, as a header or a secret of Kubernetes has them."""
    encoded = encode(SECRETS[what].encode()).decode()
    assert seen(f"data: {encoded}\n") == [(what, encoded)]


@pytest.mark.parametrize("template", ["refresh_token = '{}'", '"refreshToken": "{}"', "COGNITO_NB_REFRESH_TOKEN={}"])
def test_opaque_refresh_tokens_are_found_by_name(template):
    """Another provider's are no JWTs."""
    assert seen(template.format(OPAQUE)) == [("refresh token", OPAQUE)]


@pytest.mark.parametrize("template", ["COGNITO_NB_SERVER_TOKEN={}", "server_token='{}'"])
def test_tokens_of_the_jupyter_server_are_found_by_name(template):
    """They let anybody run code there."""
    assert seen(template.format(OPAQUE)) == [("Jupyter server token", OPAQUE)]


@pytest.mark.parametrize("template", ["http://localhost:8888/lab?token={}", "http://localhost:8888/tree?a=b&token={}"])
def test_tokens_of_the_jupyter_server_are_found_in_its_url(template):
    """As it prints it at its start."""
    token = f"0f{HEX}a1b2c3"
    assert seen(template.format(token)) == [("Jupyter server token", token)]


class Counting:
    """A pattern that counts the characters it was given to search."""

    def __init__(self, pattern):
        self.pattern = pattern
        self.given = 0

    def finditer(self, text, start, end):
        self.given += end - start
        return self.pattern.finditer(text, start, end)


@pytest.mark.parametrize("between", ["&", " "])
@pytest.mark.parametrize("number", [100, 2000])
def test_codes_in_one_url_are_searched_once(between, number, monkeypatch):
    """Many in a row, of one URL or of several: each character is looked at once, not once for each code."""
    monkeypatch.setattr(patterns, "_ANSWER", counting := Counting(patterns._ANSWER))
    text = f"code={CODE}{between}" * number
    assert seen(text) == []
    assert 0 < counting.given <= len(text)
    assert len(seen(text + "state=Zm9vYmFyYmF6")) == (number if between == "&" else 0)


def test_basic_authentication_holds_the_client_secret():
    """As a debug log of a token request shows it."""
    sent = base64.b64encode(f"1h57kf5cpq17m0eml12abc:{CLIENT_SECRET}".encode()).decode().rstrip("=")
    assert seen(f"Authorization: Basic {sent}") == [("client secret (Basic authentication)", sent)]


@pytest.mark.parametrize(
    "text",
    [
        "JWTs begin with eyJ, as in eyJhbGciOiJSUzI1NiJ9.",
        "eyJhbGciOiJSUzI1NiJ9",
        SECRETS["JWT"].split(".")[0] + "...",
        f"eyJ{'x' * 40}.{'y' * 40}.{'z' * 40}",  # decodes to no JSON
        f"{segment({'no': 'header'})}.{segment({'a': 1})}.{segment(b'x' * 40)}",
        f"{segment({'alg': 5})}.{segment({'a': 1})}.{segment(b'x' * 40)}",
        f"{segment({'alg': 'HS256'})}.{segment({'sub': '1234567890', 'name': 'John Doe'})}.{segment(b'x' * 32)}",
        f"refresh_token = load_from({HEX!r})",
        f"refresh_token = {HEX}.load()",
        f"https://api.example/?next_token={HEX}",
        "https://api.example/?token=abc123",
        f"code=callback{CODE}",  # the sign must be beside the code, not in it
        base64.b64encode(b"eyJ" + b"x" * 60).decode(),
        base64.b64encode(json.dumps({"alg": "RS256"}).encode()).decode(),
        "module.eyJson.parse.deep",
        "eyJhbGciOiJSUzI1NiJ9x.eyJhbGciOiJSUzI1NiJ9.eyJhbGciOiJSUzI1NiJ9",  # no base64 has this length
        HEX,
        str(uuid.UUID(int=7)),
        f"id = {uuid.UUID(int=2**127)}",
        f"secret_key = '{HEX}'",  # Django's, or a hash: AWS's have capitals
        f"etag: {HEX}, commit {HEX}",
        f"country_code={CODE}&state=California",
        f"code={CODE}",
        f"https://api.example/items?code={CODE}&sort=asc",
        "?code=12345&state=CA",
        "?code=US&state=open_callback",
        "https://api.example/callback?code=authorization_pending_1",
        "client_secret = os.environ['COGNITO_CLIENT_SECRET_2024']",
        'client_secret = get_secret("prod/cognito/2024-11/app-7-key")',
        'client_secret = "your-client-secret-goes-here-123"',
        'client_secret = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx12"',
        "client_secret=settings.cognito_v2_values_2024",
        "client_secret: str | None = None",
        f"client_id = {CLIENT_SECRET}",
        "AKIAIOSFODNN7EXAMPLE",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "ASIAN markets, AKIA",
        f"IQoJb3JpZ2luX2VjEXAMPLE{'aB3' * 40}",
        "MKASIAKVLRFEWSDGHIKLMN",
        f"xxx/{SECRETS['AWS access key id']}+abc",  # in base64
        "akia" + "b" * 16,
        "session_token = request.cookies.get('session_token')",
        "tokenizer.sep_token = '[SEP]'; max_new_tokens=512",
        "[removed by jupyter cognito check]",
        "client_secret=[removed by jupyter cognito check]",
    ],
)
def test_look_alikes_are_no_secrets(text):
    """Ids, hashes, prose, placeholders, AWS's own examples and code that fetches a secret raise no alarm."""
    assert seen(text) == []


def test_base64_of_random_bytes_is_no_secret():
    """Images and buffers: half a megabyte without a false alarm, plain and in lines."""
    import random

    data = base64.b64encode(random.Random(5).randbytes(400_000)).decode()
    assert seen(data) == []
    assert seen("\n".join(data[start : start + 76] for start in range(0, len(data), 76))) == []
