"""Where a browser lands that comes back from Cognito's /logout, with a ``logout_uri`` at the callback: on a page."""

from urllib.parse import urlencode

import pytest


@pytest.mark.refused("RV-08")
@pytest.mark.parametrize("query", [{}, {"state": "other"}, {"code": "a-code"}, {"state": "other", "code": "a-code"}])
def test_coming_back_from_logout_signs_nobody_in(server, query):
    """Without a state, or with another: a constant page that shows nothing of it, and who waits goes on waiting."""
    _, sign_in_id, cookies = server.started()
    reply = server.callback(query, cookies=cookies)
    assert reply.status == 400
    assert not [value for value in query.values() if value in reply.body]
    assert "Signed in" not in reply.body
    assert server.poll(sign_in_id).status == 204


@pytest.mark.refused("RV-08")
def test_coming_back_from_logout_shows_the_same_page_to_all(server):
    """Whoever comes, with whatever: nothing tells one from the other."""
    pages = {server.callback(urlencode(query)).body for query in ({"state": "x"}, {"code": "y", "state": "z"})}
    assert len(pages) == 1
