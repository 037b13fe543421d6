"""Libraries are silent for a time, their children too, and speak again afterwards."""

import logging

import pytest

from cognito_nb.unlogged import unlogged


@pytest.fixture
def written():
    """What a handler at the child of a library gets, as a developer has set it to find an error."""

    class Kept(logging.Handler):
        def emit(self, record):
            messages.append(record.getMessage())

    messages, handler, logger = [], Kept(), logging.getLogger("a_library.parsers")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield messages
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


def test_child_of_a_library_is_silent(written):
    """It has a level and a handler of its own."""
    with unlogged("a_library"):
        logging.getLogger("a_library.parsers").debug("a secret")
    assert written == []


def test_library_speaks_again(written):
    """Also after an error."""
    with pytest.raises(ValueError, match="no"), unlogged("a_library"):
        raise ValueError("no")
    logging.getLogger("a_library.parsers").debug("a word")
    assert written == ["a word"]


def test_end_of_one_time_ends_no_other(written):
    """Two threads may ask at once."""
    first, second = unlogged("a_library"), unlogged("a_library")
    with first:
        second.__enter__()
    logging.getLogger("a_library.parsers").debug("a secret")
    second.__exit__(None, None, None)
    assert written == []


def test_other_libraries_are_left_alone(written):
    """One whose name merely begins alike, too."""
    with unlogged("a_lib"):
        logging.getLogger("a_library.parsers").debug("a word")
    assert written == ["a word"]
