"""A pool that serves https."""

import ssl

import httpx
import pytest
import trustme

from cognito_nb.local_pool import DEMO_PASSWORD

ADA = {"username": "ada", "password": DEMO_PASSWORD}


@pytest.fixture
def tls_caller(make_caller, tmp_path, monkeypatch):
    """A caller of a pool with a certificate that this process trusts."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    caller = make_caller({"ssl_context": context})
    with httpx.Client(trust_env=False, verify=ssl.create_default_context()) as caller.web:
        yield caller


def test_tls_serves_the_whole_sign_in_and_the_api(tls_caller):
    """With an ssl_context issuer, sign-in page, token endpoint and demo API are https."""
    pool, token = tls_caller.pool, tls_caller.tokens()["access_token"]
    answer = tls_caller.web.get(f"{pool.api_url}/me", headers={"Authorization": f"Bearer {token}"})
    assert (answer.json()["username"], pool.issuer[:8], pool.api_url[:8]) == ("ada", "https://", "https://")


def test_tls_cookies_are_secure(tls_caller):
    """Each of the three, as AWS's are; no plain http to the same host gets them."""
    url, csrf = tls_caller.open_sign_in_page(lang="de")
    answers = [tls_caller.web.get(url), tls_caller.web.post(url, data={"_csrf": csrf, **ADA})]
    cookies = [cookie for answer in answers for cookie in answer.headers.get_list("Set-Cookie")]
    assert sorted(cookie.partition("=")[0] for cookie in cookies) == ["XSRF-TOKEN", "cognito", "lang"]
    assert [cookie for cookie in cookies if "; Secure" not in cookie] == []


def test_tls_pool_refuses_plain_http(tls_caller):
    """Nothing is served without TLS then."""
    with httpx.Client(trust_env=False) as web, pytest.raises(httpx.TransportError):
        web.get(tls_caller.pool.domain.replace("https:", "http:"))
