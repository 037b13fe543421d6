"""`session.source`: where a session came from, and that the views name it."""

import dataclasses

import pytest

import cognito_nb as cn
from cognito_nb import sign_in
from cognito_nb.receivers import RECEIVERS
from cognito_nb.status import session_card, show_status

from .conftest import config_of


def test_each_receiver_has_a_source():
    """`auto` is one of the others."""
    assert sign_in._SOURCES.keys() == set(RECEIVERS) - {"auto"}


def test_a_sign_in_names_its_receiver(signed_in):
    """How the answer came back."""
    assert signed_in.source == "sign-in through the Jupyter server"


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        ({"refresh_token": "environment variable COGNITO_NB_REFRESH_TOKEN"}, "COGNITO_NB_REFRESH_TOKEN"),
        ({}, "the keyword refresh_token"),
    ],
)
def test_an_injected_refresh_token_names_its_setting(pool, sources, said):
    """The variable, if it came from one."""
    config = config_of(pool, refresh_token=pool.tokens("ada")["refresh_token"])
    assert cn.login(config=dataclasses.replace(config, sources=sources)).source == said


def test_a_remembered_session_names_what_remembers_it(pool, browser, notebook):
    """Not how the user signed in, in another kernel."""
    config = config_of(pool, remember="server")
    cn.login(config=config, open_url=browser.open, timeout=20)
    notebook()
    assert cn.login(config=config, open_url=pytest.fail).source == "the Jupyter server's memory"


def test_the_views_name_it(signed_in, capsys):
    """The text in a terminal, and a row of the card."""
    show_status()
    assert "from: sign-in through the Jupyter server" in capsys.readouterr().out
    assert session_card(signed_in)._facts["source"] == signed_in.source
