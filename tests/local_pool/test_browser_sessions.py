"""Sign-in pages and browser sessions: what the pool forgets."""

from cognito_nb.local_pool import AppClient, Lifetimes


def test_sign_in_pages_are_limited(pool):
    """Of 1001 that are open the oldest is closed: any web page can open them."""
    pages = [pool.open_sign_in_page("browser") for _ in range(1001)]
    assert [pool.is_open_sign_in_page(page, "browser") for page in (pages[0], pages[1], pages[1000])] == [
        False,
        True,
        True,
    ]
    assert len(pool._sign_in_pages) == 1000


def test_sign_in_pages_that_nobody_can_finish_are_forgotten(pool):
    """With the next one that opens."""
    pool.open_sign_in_page("browser")
    pool.advance(200)
    pool.open_sign_in_page("browser")
    pool.advance(100)
    pool.open_sign_in_page("browser")
    assert len(pool._sign_in_pages) == 2


def test_ended_browser_sessions_are_forgotten(make_pool):
    """With the next one that starts, when the last of the clients does not take them any more."""
    pool = make_pool(AppClient(lifetimes=Lifetimes(browser_session=7200)), AppClient())
    ada, _ = pool.open_session(pool.user("ada"))
    pool.advance(3600)
    pool.open_session(pool.user("grace"))
    assert pool.session(ada, 7200)
    pool.advance(3600)
    pool.open_session(pool.user("linus"))
    assert len(pool._sessions) == 2
