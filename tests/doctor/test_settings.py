"""Where each setting came from, and what is never shown."""

from cognito_nb.doctor import diagnose
from cognito_nb.doctor.settings import check_settings
from cognito_nb.profiles import load_config

from .conftest import CALLBACK, by_id, troubles

FILE = """
[profiles.dev]
user_pool_id = "eu-west-1_AbC123"
client_id = "1h57kf5cpq17m0eml12"
redirect_uris = ["http://localhost:8888/cognito/callback"]
"""


def settings_of(environ, tmp_path):
    (tmp_path / "cognito.toml").write_text(FILE)
    config = load_config(environ=environ, folder=tmp_path)
    return {finding.id: finding.title for finding in check_settings(config)}


def test_source_of_each_setting_is_shown(tmp_path):
    """The file, a variable, or neither."""
    titles = settings_of({"COGNITO_NB_CLIENT_ID": "2other"}, tmp_path)
    assert titles["setting:user_pool_id"] == (
        f"user_pool_id = eu-west-1_AbC123  (from profile 'dev' in {tmp_path / 'cognito.toml'})"
    )
    assert titles["setting:client_id"] == "client_id = 2other  (from environment variable COGNITO_NB_CLIENT_ID)"
    assert titles["setting:redirect_uris"].startswith(f"redirect_uris = {CALLBACK} ")
    assert titles["setting:scopes"] == "scopes = openid email profile  (the default)"
    assert "setting:logout_uri" not in titles


def test_secrets_are_not_shown(tmp_path):
    """That they are set, and where, is all."""
    secrets = {"COGNITO_NB_CLIENT_SECRET": "the-client-secret", "COGNITO_NB_REFRESH_TOKEN": "the-refresh-token"}
    pool = {"COGNITO_NB_USER_POOL_ID": "eu-west-1_AbC123", "COGNITO_NB_CLIENT_ID": "abc"}
    titles = settings_of(secrets | pool, tmp_path)
    assert titles["setting:client_secret"] == (
        "client_secret = set  (from environment variable COGNITO_NB_CLIENT_SECRET)"
    )
    assert titles["setting:refresh_token"].startswith("refresh_token = set ")
    assert not any(secret in str(titles) for secret in secrets.values())


def test_secret_in_the_keyring_is_said_to_be_there(tmp_path):
    """It is not fetched for that."""
    titles = settings_of({"COGNITO_NB_CLIENT_SECRET": "keyring"}, tmp_path)
    assert titles["setting:client_secret"].startswith("client_secret = in the keyring ")


def test_unusable_setting_is_a_finding_and_not_the_end(tmp_path):
    """The environments need no settings, so they are looked at."""
    (tmp_path / "cognito.toml").write_text(FILE.replace("eu-west-1_AbC123", "nonsense"))
    findings = list(diagnose())
    assert troubles(findings) == [("failed", "")]
    assert "user_pool_id" in findings[0].cause
    assert findings[0].fix
    assert by_id(findings, "kernel:")


def test_no_settings_at_all_are_a_finding():
    """The fix says how to begin."""
    findings = list(diagnose())
    assert troubles(findings) == [("failed", "")]
    assert "cognito.toml" in findings[0].fix
