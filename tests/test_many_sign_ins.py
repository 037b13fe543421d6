"""LF-09: a client that is let in starts more sign-ins than there is room for."""

import tracemalloc

import pytest
from desk import Desk

from cognito_nb import wire
from cognito_nb.sign_ins import FullError


@pytest.mark.holds("LF-09")
@pytest.mark.parametrize(("kernels", "number"), [(1, 1_500), (10_000, 1_500)], ids=["one kernel", "many kernels"])
def test_pending_sign_ins_are_bounded(kernels, number):
    """Eight for one kernel, a thousand in all; a neighbour's stays, is found at once, and memory is bounded."""
    desk = Desk()
    neighbour, cookies = desk.started(kernel="neighbour")
    refused = 0
    tracemalloc.start()
    try:
        for each in range(number):
            try:
                desk.create(kernel=str(each % kernels), profile=str(each))
            except FullError:
                refused += 1
        assert tracemalloc.get_traced_memory()[0] < 20 * 1024 * 1024
    finally:
        tracemalloc.stop()
    pending = 1 + (8 if kernels == 1 else wire.MAX_SIGN_INS - 1)
    assert (len(desk.sign_ins), refused) == (pending, 0 if kernels == 1 else number - pending + 1)
    assert len(desk.sign_ins._by_id) <= 2 * wire.MAX_SIGN_INS + 1
    assert desk.answer(neighbour, cookies) is neighbour
