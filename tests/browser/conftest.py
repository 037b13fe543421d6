"""JupyterLab, a local user pool and a browser; skipped loudly without a browser, unless CI demands it."""

import pytest
from canary import Canary
from lab import ARTEFACTS, Lab, start_jupyter

from cognito_nb.local_pool import LocalUserPool


@pytest.fixture(scope="session")
def watched():
    """A canary that watches for the whole session, since pool and server live that long."""
    monkeypatch = pytest.MonkeyPatch()
    canary = Canary()
    canary.watch(monkeypatch)
    yield canary
    monkeypatch.undo()


@pytest.fixture(scope="session")
def pool(watched):
    with LocalUserPool() as pool:
        yield pool


@pytest.fixture(scope="session")
def server(pool, tmp_path_factory):
    """A JupyterLab whose settings point at the pool; its callback is registered under ``localhost``."""
    server = start_jupyter(tmp_path_factory.mktemp("lab"))
    configure(server, pool)
    yield server
    server.stop()


def configure(server, pool):
    """Register a server's callback and write its cognito.toml."""
    callback = f"{server.url}cognito/callback"
    pool.register_callback(callback)
    (server.folder / "cognito.toml").write_text(
        f'[profiles.demo]\nissuer = "{pool.issuer}"\nuser_pool_id = "{pool.user_pool_id}"\n'
        f'client_id = "{pool.client_id}"\nredirect_uris = ["{callback}"]\nlogout_uri = "{pool.signed_out_url}"\n'
        f'api_origins = ["{pool.api_url}"]\n'
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Let the fixtures know whether the test failed."""
    report = yield
    if report.when == "call":
        item.failed_call = report.failed
    return report


@pytest.fixture
def profile(chromium, request):
    """Makes browser profiles, each a browser of its own to any server."""
    contexts = []

    def make(**options):
        context = chromium.new_context(viewport={"width": 1200, "height": 900}, **options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context

    yield make
    for number, page in enumerate(page for context in contexts for page in context.pages):
        if getattr(request.node, "failed_call", False) and not page.is_closed():
            ARTEFACTS.mkdir(exist_ok=True)
            page.screenshot(path=ARTEFACTS / f"FAILED-{request.node.name}-{number}.png")
    for context in contexts:
        context.close()


@pytest.fixture
def lab(profile, server, request):
    """A fresh browser profile with JupyterLab, or with the front end that the test's parameter names."""
    name = request.node.name.removeprefix("test_")
    return Lab(profile(), server, name, getattr(request, "param", "lab"))
