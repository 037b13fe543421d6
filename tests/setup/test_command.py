"""`jupyter cognito setup` as people run it, against somebody else's user pool service."""

import builtins
import io
import os
import sys
import tomllib
from pathlib import Path

import pytest

from cognito_nb.profiles import load_config
from cognito_nb.receivers.loopback import DEFAULT_REDIRECT_URIS

from .conftest import REGION, answered, refusal

HUB = "https://hub.example.org"
UNUSUAL = {
    "ReadAttributes": ["email", "name"],
    "WriteAttributes": ["name"],
    "TokenValidityUnits": {"AccessToken": "minutes", "RefreshToken": "days"},
    "AccessTokenValidity": 17,
    "RefreshTokenValidity": 3,
    "CallbackURLs": ["https://other.example.org/back"],
    "DefaultRedirectURI": "https://other.example.org/back",
    "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"],
    "AllowedOAuthFlows": ["implicit"],
    "AllowedOAuthScopes": ["openid", "phone"],
    "SupportedIdentityProviders": ["COGNITO", "Okta"],
    "AnalyticsConfiguration": {"ApplicationId": "abc", "UserDataShared": True},
    "AuthSessionValidity": 9,
}


def only_client(cognito, pool):
    found = cognito.list_user_pool_clients(UserPoolId=pool, MaxResults=60)["UserPoolClients"]
    assert len(found) == 1
    return cognito.describe_user_pool_client(UserPoolId=pool, ClientId=found[0]["ClientId"])["UserPoolClient"]


def test_setup_from_nothing_creates_domain_and_app_client(setup, cognito, pool):
    """A pool without anything gets a domain and a public app client for the code grant, with rotation."""
    assert setup("--yes", "--hub", HUB) == 0
    assert cognito.describe_user_pool(UserPoolId=pool)["UserPool"]["Domain"].startswith("team-")
    client = only_client(cognito, pool)
    assert client["ClientName"] == "notebooks"
    assert "ClientSecret" not in client
    assert client["AllowedOAuthFlows"] == ["code"]
    assert client["AllowedOAuthFlowsUserPoolClient"] is True
    assert client["AllowedOAuthScopes"] == ["openid", "email", "profile"]
    assert client["CallbackURLs"] == [*DEFAULT_REDIRECT_URIS, f"{HUB}/hub/user-redirect/cognito/callback"]
    assert client["LogoutURLs"][0] == "http://localhost:8888/lab"
    assert client["LogoutURLs"][-1] == f"{HUB}/hub/home"
    assert client["RefreshTokenRotation"] == {"Feature": "ENABLED", "RetryGracePeriodSeconds": 60}
    assert "ALLOW_REFRESH_TOKEN_AUTH" not in client["ExplicitAuthFlows"]
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert setup.changing == ["CreateUserPoolDomain", "CreateUserPoolClient"]


def test_written_file_is_loaded_by_the_notebooks(setup, cognito, pool):
    """What a notebook reads afterwards names this pool, its app client and the registered URLs."""
    setup("--yes", "--api-origin", "https://api.example.com")
    config = load_config()
    assert (config.profile, config.user_pool_id) == ("dev", pool)
    assert config.client_id == only_client(cognito, pool)["ClientId"]
    assert config.redirect_uris == DEFAULT_REDIRECT_URIS
    assert config.logout_uri == "http://localhost:8888/lab"
    assert config.api_origins == ("https://api.example.com",)


@pytest.mark.parametrize(
    "options", [[], ["--hub", HUB], ["--with-secret"], ["--scope", "openid", "--scope", "my/read"]]
)
def test_second_run_changes_nothing(setup, pool, options):
    """The same command again asks AWS, finds everything, and neither calls nor writes."""
    setup("--yes", *options)
    before = Path("cognito.toml").read_bytes()
    assert setup(*options) == 0
    assert "Nothing to change." in setup.out
    assert setup.changing == []
    assert Path("cognito.toml").read_bytes() == before


def test_second_run_needs_no_options(setup, pool):
    """What the file says of URLs, scopes and the secret is wanted without being said again."""
    setup("--yes", "--with-secret", "--hub", HUB, "--scope", "openid", "--client-name", "mine")
    assert setup() == 0
    assert setup.changing == []


def test_update_sends_the_whole_app_client(setup, cognito, pool):
    """UpdateUserPoolClient resets what is left out, so each described setting is in the call, and nothing is lost."""
    cognito.create_user_pool_client(UserPoolId=pool, ClientName="notebooks", **UNUSUAL)
    before = only_client(cognito, pool)
    assert setup("--yes") == 0
    sent, after = setup.parameters("UpdateUserPoolClient"), only_client(cognito, pool)
    assert set(before) - set(sent) <= {"CreationDate", "LastModifiedDate"}
    changed = {name for name, value in after.items() if before.get(name) != value} - {"LastModifiedDate"}
    assert changed == {
        *("AllowedOAuthFlows", "AllowedOAuthFlowsUserPoolClient", "AllowedOAuthScopes", "CallbackURLs", "LogoutURLs"),
    }
    assert after["CallbackURLs"] == [*UNUSUAL["CallbackURLs"], *DEFAULT_REDIRECT_URIS]
    assert after["AllowedOAuthFlows"] == ["implicit", "code"]
    kept, rotation = (
        setup.out.index("refresh tokens are not rotated"),
        setup.out.index("Rotation is safe only when every"),
    )
    assert "--strict changes that" in setup.out[kept:rotation]


def test_update_with_strict_makes_it_like_a_new_one(setup, cognito, pool):
    """On demand, what others may use goes: the implicit grant, and the refresh that rotation excludes."""
    cognito.create_user_pool_client(UserPoolId=pool, ClientName="notebooks", **UNUSUAL)
    assert setup("--yes", "--strict") == 0
    after = only_client(cognito, pool)
    assert after["AllowedOAuthFlows"] == ["code"]
    assert after["ExplicitAuthFlows"] == ["ALLOW_USER_SRP_AUTH"]
    assert after["RefreshTokenRotation"]["Feature"] == "ENABLED"
    assert after["ReadAttributes"] == UNUSUAL["ReadAttributes"]


def test_managed_login_gets_a_style(setup, cognito, branding):
    """On a plan that has it, the domain shows managed login, and the app client gets the style that it needs."""
    pool = cognito.create_user_pool(PoolName="Team", UserPoolTier="ESSENTIALS")["UserPool"]["Id"]
    assert setup("--yes") == 0
    assert setup.parameters("CreateUserPoolDomain")["ManagedLoginVersion"] == 2
    client_id = only_client(cognito, pool)["ClientId"]
    assert branding == {client_id: {"UserPoolId": pool, "ClientId": client_id, "UseCognitoProvidedValues": True}}


def test_run_again_goes_on_after_a_failure(setup, cognito, branding):
    """A failure in the middle tells what was done; the next run makes what is missing, and nothing twice."""
    pool = cognito.create_user_pool(PoolName="Team", UserPoolTier="ESSENTIALS")["UserPool"]["Id"]
    hooks = list(setup.hooks)
    setup.hooks = [hook for hook in hooks if "Create" not in hook[0]]
    setup.on("CreateManagedLoginBranding", lambda _: refusal("AccessDeniedException"))
    assert setup("--yes") == 1
    assert "done: domain" in setup.out
    assert "done: app client" in setup.out
    assert "cognito-idp:CreateManagedLoginBranding" in setup.err
    assert not Path("cognito.toml").exists()
    setup.hooks = hooks
    # moto does not keep the version of the login pages
    setup.on("DescribeUserPoolDomain", lambda _: _domain_of(pool))
    assert setup("--yes") == 0
    assert setup.changing == ["CreateManagedLoginBranding"]
    assert list(branding) == [only_client(cognito, pool)["ClientId"]]
    assert load_config().user_pool_id == pool


def _domain_of(pool):
    return answered(DomainDescription={"UserPoolId": pool, "Domain": "team", "ManagedLoginVersion": 2})


@pytest.mark.parametrize("option", [["--dry-run"], ["--format", "cli"], ["--format", "cloudformation"]])
def test_looking_changes_nothing(setup, cognito, pool, option):
    """A dry run and the formats read AWS only, and write no file."""
    assert setup(*option) == 0
    assert setup.calls
    assert setup.changing == []
    assert not Path("cognito.toml").exists()
    assert (
        "CreateUserPoolClient" in setup.out or "create-user-pool-client" in setup.out or "UserPoolClient" in setup.out
    )


def test_nobody_to_ask_is_exit_code_2(setup, pool):
    """Without a terminal and without --yes the plan is shown, and nothing happens."""
    assert setup() == 2
    assert "+ app client" in setup.out
    assert "--yes" in setup.err
    assert setup.changing == []


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("yes", 0), ("", 1), ("n", 1), ("what?", 1)])
def test_terminal_is_asked(setup, pool, monkeypatch, answer, code):
    """Only a yes goes on."""
    monkeypatch.setattr(sys, "stdin", Terminal(f"{answer}\n"))
    assert setup() == code
    assert bool(setup.changing) is (code == 0)


def test_interrupt_at_the_question_changes_nothing(setup, pool, monkeypatch):
    """Ctrl-C is a no."""

    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(builtins, "input", interrupted)
    assert setup() == 1
    assert setup.changing == []


def test_several_pools_are_listed(setup, cognito, pool):
    """Where the pool is not named, each one to choose from is."""
    other = cognito.create_user_pool(PoolName="Other")["UserPool"]["Id"]
    assert setup("--yes") == 1
    assert pool in setup.err
    assert f"{other}  Other" in setup.err
    assert "--user-pool-id" in setup.err


def test_no_pool_is_told(setup, cognito):
    """A region without a pool is an error that names it."""
    assert setup("--yes") == 1
    assert f"no user pool in {REGION}" in setup.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--user-pool-id", "eu-west-1_Missing12"], "There is no user pool eu-west-1_Missing12"),
        (["--client-id", "missing"], "has no app client missing"),
        (["--user-pool-id", "us-east-1_AbC123"], "is in us-east-1, not in eu-west-1"),
        (["--domain-prefix", "my-aws-team"], "must not contain 'aws'"),
        (["--domain-prefix", "Upper"], "lower-case"),
        (["--aws-profile", "missing"], "AWS's settings have no profile"),
    ],
)
def test_wrong_name_is_one_clear_error(setup, pool, options, said):
    """What is not there, or not allowed, is named, with the next step, and nothing is changed."""
    assert setup("--yes", *options) == 1
    assert said in setup.err
    assert "Next step: " in setup.err
    assert setup.changing == []


def test_ambiguous_client_name_lists_the_ids(setup, cognito, pool):
    """Two app clients of the name: both ids are shown."""
    for _ in range(2):
        cognito.create_user_pool_client(UserPoolId=pool, ClientName="notebooks")
    ids = [c["ClientId"] for c in cognito.list_user_pool_clients(UserPoolId=pool, MaxResults=60)["UserPoolClients"]]
    assert setup("--yes") == 1
    assert all(client_id in setup.err for client_id in ids)
    assert "--client-id" in setup.err


@pytest.mark.parametrize(
    ("secret", "options", "fix"), [(True, [], "Add --with-secret"), (False, ["--with-secret"], "Leave out")]
)
def test_other_kind_of_app_client_is_refused(setup, cognito, pool, secret, options, fix):
    """A secret is made at creation only, so an app client of the other kind is an error that names the fix."""
    cognito.create_user_pool_client(UserPoolId=pool, ClientName="notebooks", GenerateSecret=secret)
    assert setup("--yes", *options) == 1
    assert fix in setup.err
    assert setup.changing == []


def test_prefix_of_a_pool_of_ours_is_taken(setup, cognito, pool):
    """A prefix that another pool of the account has is refused before anything is made."""
    other = cognito.create_user_pool(PoolName="Other")["UserPool"]["Id"]
    cognito.create_user_pool_domain(UserPoolId=other, Domain="taken")
    assert setup("--yes", "--user-pool-id", pool, "--domain-prefix", "taken") == 1
    assert "--domain-prefix" in setup.err
    assert setup.changing == []


def test_name_is_of_a_new_app_client_or_finds_it(setup, cognito, pool):
    """Another profile that asks for the same name shares the app client."""
    setup("--yes", "--client-name", "mine")
    assert only_client(cognito, pool)["ClientName"] == "mine"
    assert setup("--yes", "--client-name", "mine", "--profile", "other") == 0
    assert setup.changing == []


def test_name_is_not_used_where_the_profile_has_an_app_client(setup, pool):
    """The profile's own is prepared, and the reader told how to get another."""
    setup("--yes")
    assert setup("--client-name", "another") == 0
    assert "--client-name another is not used" in setup.out
    assert setup.changing == []


@pytest.mark.parametrize("domain", ["Domain", "CustomDomain"])
def test_file_names_no_domain(setup, cognito, pool, domain):
    """Discovery names it, so a team does not have to change its file when the domain changes."""
    name = {"Domain": "ours", "CustomDomain": "auth.example.org"}[domain]
    setup.on("DescribeUserPool", lambda _: answered(UserPool={"Id": pool, "Name": "Team", domain: name}))
    setup.on("DescribeUserPoolDomain", lambda _: answered(DomainDescription={"UserPoolId": pool, "Domain": name}))
    assert setup("--yes") == 0
    assert setup.changing == ["CreateUserPoolClient"]
    assert load_config().domain is None
    assert name not in Path("cognito.toml").read_text()


def test_domain_that_is_there_is_used(setup, cognito, pool):
    """A pool keeps its domain, and is told that the option is not used."""
    cognito.create_user_pool_domain(UserPoolId=pool, Domain="ours")
    assert setup("--yes", "--domain-prefix", "mine", "--login-version", "2") == 0
    assert "= domain        https://ours.auth.eu-west-1.amazoncognito.com" in setup.out
    assert "--domain-prefix mine is not used" in setup.out
    assert "--login-version 2 is not used" in setup.out
    assert setup.changing == ["CreateUserPoolClient"]


def test_missing_permission_names_the_iam_action(setup, pool):
    """Whoever grants permissions reads which one."""
    setup.on("DescribeUserPool", lambda _: refusal("AccessDeniedException", "User: arn:aws:iam::1:user/x is not"))
    assert setup("--yes") == 1
    assert "cognito-idp:DescribeUserPool" in setup.err


def test_without_credentials_it_is_told(setup, monkeypatch):
    """No keys: one line, and how to get some."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert setup("--yes") == 1
    assert "no AWS credentials" in setup.err
    assert "aws configure" in setup.err


@pytest.mark.parametrize("kind", ["cli", "cloudformation"])
def test_format_for_a_new_client_works_without_credentials(setup, monkeypatch, kind):
    """Commands and templates can be made by those who may not read AWS; it is said that nothing was read."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert setup("--format", kind, "--user-pool-id", "eu-west-1_AbC123", "--domain-prefix", "ours") == 0
    assert "eu-west-1_AbC123" in setup.out
    assert "ours" in setup.out
    assert setup.err.startswith("# Nothing was read from AWS")


def test_format_for_an_existing_client_needs_credentials(setup, monkeypatch):
    """An update carries all that is kept, which only AWS knows."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert setup("--format", "cli", "--user-pool-id", "eu-west-1_AbC123", "--client-id", "abc") == 1
    assert "new app client only" in setup.err


def test_format_without_credentials_needs_a_region(setup, monkeypatch):
    """An id that names none is told to be the reason."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert setup("--format", "cli", "--user-pool-id", "foo", "--region", "") == 1
    assert "--user-pool-id, which begins with its region" in setup.err


def test_secret_is_never_shown(setup, cognito, pool):
    """The output says how to move the secret into the keyring; neither it nor AWS's keys appear, nor in the file."""
    printed = ""
    for options in (["--yes"], ["--dry-run"], ["--format", "cli", "--strict"], ["--format", "cloudformation"]):
        assert setup("--with-secret", *options) == 0
        printed += setup.out + setup.err
    secret = only_client(cognito, pool)["ClientSecret"]
    assert "python -m keyring set 'cognito_nb client_secret" in printed
    for text in (printed, Path("cognito.toml").read_text()):
        assert secret not in text
        assert "secret-key-of-the-tests" not in text
    assert tomllib.loads(Path("cognito.toml").read_text())["profiles"]["dev"]["client_secret"] == "keyring"


def test_unusable_profile_is_refused_before_anything_is_made(setup, pool):
    """A file that could not be loaded afterwards is told first."""
    Path("cognito.toml").write_text('[profiles.dev]\nscoops = "openid"\n')
    assert setup("--yes") == 1
    assert "'scoops'" in setup.err
    assert setup.changing == []


def test_profile_without_a_pool_is_completed(setup, cognito, pool):
    """What a team has written already is kept, and the rest is found."""
    Path("cognito.toml").write_text('[profiles.dev]\nregion = "eu-west-1"\nscopes = ["openid"] # enough\n')
    assert setup("--yes") == 0
    assert only_client(cognito, pool)["AllowedOAuthScopes"] == ["openid"]
    assert load_config().user_pool_id == pool
    assert 'scopes = ["openid"] # enough' in Path("cognito.toml").read_text()


@pytest.mark.parametrize("fault", ["user_pool_id = 5", "redirect_uris = 5", 'api_origins = [["x"]]'])
def test_value_of_another_type_is_refused(setup, pool, fault):
    """A file that was written by hand is told what is wrong with it."""
    Path("cognito.toml").write_text(f"[profiles.dev]\n{fault}\n")
    assert setup("--yes") == 1
    assert fault.split()[0] in setup.err
    assert setup.calls == []


def test_other_pool_than_the_profiles_gets_an_app_client_of_its_own(setup, cognito, pool):
    """With another --user-pool-id the profile's app client is not looked for there."""
    setup("--yes")
    other = cognito.create_user_pool(PoolName="Other", UserPoolTier="LITE")["UserPool"]["Id"]
    assert setup("--yes", "--user-pool-id", other) == 0
    assert load_config().user_pool_id == other
    assert load_config().client_id == only_client(cognito, other)["ClientId"]


PROD = '[profiles.prod]\nuser_pool_id = "eu-west-1_Prod12"\nclient_id = "p"\n'


def answer_after(monkeypatch, act):
    """Say yes at the question, after something else has happened."""

    def answer(_):
        act()
        return "y"

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(builtins, "input", answer)


def append(text):
    with Path("cognito.toml").open("a") as file:
        file.write(text)


def test_profile_is_the_one_that_notebooks_use(setup, pool):
    """In a cloned repository with one profile, that is prepared, and no other is added."""
    Path("cognito.toml").write_text(f'[profiles.prod]\nuser_pool_id = "{pool}"\n')
    assert setup("--yes") == 0
    assert "profile       prod in cognito.toml" in setup.out
    assert "%cognito_login prod" in setup.out
    assert list(tomllib.loads(Path("cognito.toml").read_text())["profiles"]) == ["prod"]


def test_setting_of_another_type_stays(setup, pool):
    """A profile that hides who is signed in is prepared like any other."""
    Path("cognito.toml").write_text(f'[profiles.dev]\nuser_pool_id = "{pool}"\nshow_identity = false\n')
    assert setup("--yes") == 0
    assert load_config().show_identity is False


def test_what_is_written_while_the_question_waits_is_kept(setup, pool, monkeypatch):
    """Another profile by another run, a comment by hand, a URL of the same profile: the file is read again."""
    Path("cognito.toml").write_text(f'[profiles.dev]\nuser_pool_id = "{pool}"\n')
    answer_after(monkeypatch, lambda: append(f'api_origins = ["https://api.example.com"]\n# mine\n{PROD}'))
    assert setup("--profile", "dev") == 0
    assert load_config("prod").client_id == "p"
    assert load_config("dev").user_pool_id == pool
    assert load_config("dev").api_origins == ("https://api.example.com",)
    assert f"# mine\n{PROD}" in Path("cognito.toml").read_text()


def test_new_file_of_another_run_is_kept(setup, pool, monkeypatch):
    """Two runs begin without a file: both profiles are in it at the end."""
    answer_after(monkeypatch, lambda: append(PROD))
    assert setup("--profile", "dev") == 0
    assert load_config("prod").client_id == "p"
    assert load_config("dev").user_pool_id == pool


@pytest.mark.parametrize(("name", "theirs"), [("client_id", "theirs"), ("user_pool_id", "eu-west-1_Theirs")])
def test_other_id_by_now_is_not_written_over(setup, pool, monkeypatch, name, theirs):
    """Somebody else has decided in the meantime: what was done is shown, and theirs stays."""
    Path("cognito.toml").write_text("[profiles.dev]\n")
    answer_after(monkeypatch, lambda: append(f'{name} = "{theirs}"\n'))
    assert setup() == 1
    assert f"has another {name} by now" in setup.err
    assert f'user_pool_id = "{pool}"' in setup.err
    assert Path("cognito.toml").read_text() == f'[profiles.dev]\n{name} = "{theirs}"\n'


def test_file_that_is_gone_bad_is_shown_instead(setup, cognito, pool, monkeypatch):
    """AWS is done: the text that belongs into the file is not lost."""
    answer_after(monkeypatch, lambda: append("[profiles"))
    assert setup() == 1
    assert "done: app client" in setup.out
    assert "done: profile" not in setup.out
    shown = setup.err[setup.err.index("[profiles.dev]") : setup.err.index("Next step")]
    assert tomllib.loads(shown)["profiles"]["dev"]["client_id"] == only_client(cognito, pool)["ClientId"]
    assert Path("cognito.toml").read_text() == "[profiles"


def test_file_that_cannot_be_written_is_told_before_aws_is_changed(setup, pool):
    """A folder that is not there ends the command before the question."""
    assert setup("--yes", "--file", "no/such/folder/cognito.toml") == 1
    assert "cannot be written: No such file" in setup.err
    assert "--file" in setup.err
    assert setup.changing == []


def test_form_that_is_left_alone_is_told_before_aws_is_changed(setup, pool):
    """The text to paste has all that is known, and nothing that stands for the app client that is not made yet."""
    text = f'profiles.dev = {{user_pool_id = "{pool}", show_identity = true}}\n'
    Path("cognito.toml").write_text(text)
    assert setup("--yes") == 1
    shown = setup.err[setup.err.index("[profiles.dev]") : setup.err.index("Next step")]
    values = tomllib.loads(shown)["profiles"]["dev"]
    assert values["user_pool_id"] == pool
    assert "client_id" not in values
    assert setup.changing == []
    assert Path("cognito.toml").read_text() == text
    Path("cognito.toml").write_text(shown)
    assert setup("--yes") == 0
    assert load_config().client_id


def test_old_client_id_is_not_pasted_for_another_pool(setup, cognito, pool):
    """What is not made yet has no id, also where the profile has one, of another user pool."""
    Path("cognito.toml").write_text('profiles.dev = {user_pool_id = "eu-west-1_Other1", client_id = "old"}\n')
    assert setup("--yes", "--user-pool-id", pool) == 1
    assert "left alone" in setup.err
    assert '"old"' not in setup.err


def test_setting_outside_a_profile_is_refused(setup, pool):
    """A file that a notebook could not load is not called done."""
    Path("cognito.toml").write_text("client_id = 'abc'\n")
    assert setup("--yes") == 1
    assert "client_id stands outside a profile" in setup.err
    assert setup.calls == []


def test_callback_of_the_file_needs_more_than_yes(setup, cognito, pool):
    """A cloned file's address on another machine would get authorization codes: somebody has to name it."""
    url = "https://other.example.org/back"
    Path("cognito.toml").write_text(f'[profiles.dev]\nredirect_uris = ["{url}"]\n')
    assert setup("--yes") == 1
    assert url in setup.err
    assert "--callback-url" in setup.err
    assert setup.changing == []
    assert setup("--yes", "--callback-url", url) == 0
    assert url in only_client(cognito, pool)["CallbackURLs"]
    assert setup("--yes") == 0


def test_callback_of_the_file_is_a_matter_of_an_answer(setup, cognito, pool, monkeypatch):
    """Whoever is asked sees it in the plan."""
    url = "https://other.example.org/back"
    Path("cognito.toml").write_text(f'[profiles.dev]\nredirect_uris = ["{url}"]\n')
    answer_after(monkeypatch, lambda: None)
    assert setup() == 0
    assert url in setup.out
    assert url in only_client(cognito, pool)["CallbackURLs"]


def test_closed_stdin_is_nobody_to_ask(setup, pool, monkeypatch):
    """As with `<&-`."""
    monkeypatch.setattr(sys, "stdin", None)
    assert setup() == 2
    assert "--yes" in setup.err
    assert setup.changing == []


def test_reader_that_goes_away_keeps_no_file_from_being_written(setup, cognito, pool, monkeypatch):
    """As with `--yes | head -1`: AWS and the file do not part."""
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        assert setup("--yes") == 0
    assert load_config().client_id == only_client(cognito, pool)["ClientId"]


def test_name_that_the_terminal_cannot_show_stops_nothing(setup, cognito, pool, monkeypatch):
    """An app client's name in other letters, on a terminal that has ASCII only."""
    cognito.create_user_pool_client(UserPoolId=pool, ClientName="Zürich")
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    assert setup("--yes", "--client-name", "Zürich") == 0
    assert b"Z\\xfcrich" in terminal.buffer.getvalue()


def test_interrupt_while_reading_is_one_line(setup, pool):
    """Ctrl-C before anything is changed."""

    def interrupted(_):
        raise KeyboardInterrupt

    setup.on("DescribeUserPool", interrupted)
    assert setup("--yes") == 1
    assert setup.err == "\nStopped. Only what is marked as done was changed.\n"
    assert setup.changing == []


def test_interrupt_while_loading_is_one_line(setup, monkeypatch):
    """The settings and boto3 take a moment, in which somebody may think better of it."""

    class Loading:
        def __getattr__(self, _):
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "cognito_nb.setup.command", Loading())
    assert setup("--yes") == 1
    assert setup.err == "\nStopped. Only what is marked as done was changed.\n"


def test_secret_can_be_fetched_as_this_run_was_made(setup, pool):
    """The command for the keyring asks the same service."""
    assert setup("--yes", "--with-secret") == 0
    line = next(line for line in setup.out.splitlines() if "describe-user-pool-client" in line)
    assert "--endpoint-url" in line
