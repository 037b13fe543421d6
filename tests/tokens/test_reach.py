"""Who may take the place of a sign-in that has ended."""

import pytest

from cognito_nb.tokens.reach import Reach

API, OTHER = "https://api.example.com", "https://other.example.com"
HAD = Reach("ada", frozenset({"openid", "orders/read"}), {API})


@pytest.mark.parametrize(
    ("newer", "origins", "covered"),
    [
        (Reach("ada", HAD.scopes), [API], True),
        (Reach("ada", frozenset({"openid"})), [API, OTHER], True),
        (Reach("grace", HAD.scopes), [API], False),
        (Reach("ada", HAD.scopes | {"orders/write"}), [API], False),
        (Reach("ada", HAD.scopes), [OTHER], False),
        (Reach("ada", HAD.scopes), [], False),
    ],
)
def test_reach_covers_no_more_power_and_no_fewer_places(newer, origins, covered):
    """The same user, no further scope, and every place that the old clients know."""
    assert HAD.covers(newer, origins) is covered
