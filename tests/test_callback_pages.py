"""The words of the pages of a sign-in."""

import pytest

from cognito_nb import callback_pages
from cognito_nb.causes import CAUSES


@pytest.mark.parametrize("cause", ["expired", "superseded"])
def test_page_of_a_dead_link_leads_back_to_the_button(cause):
    """A button renews its link while it is shown: nothing is wrong, and the fresh link is a step away."""
    page = callback_pages.refusal(cause)
    assert page.tone == "wait"
    assert "Go back to the notebook" in page.text
    assert "link" in page.text


@pytest.mark.parametrize("cause", [*CAUSES, "of a later version"])
def test_every_refusal_has_a_next_step(cause):
    """A page that only says what went wrong leaves its reader alone."""
    page = callback_pages.refusal(cause)
    assert page.title
    assert page.text.endswith(".")


def test_refusal_says_how_to_tell():
    """A page that the kernel never hears of has to say all that ends the search."""
    sections = {section.heading: section.lines for section in callback_pages.refusal("query_stripped").sections}
    assert sections == {
        "Likely causes": CAUSES["query_stripped"].likely,
        "How to tell": (CAUSES["query_stripped"].tell,),
    }
