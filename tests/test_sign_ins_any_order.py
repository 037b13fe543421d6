import contextlib

import pytest
from desk import Desk
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from cognito_nb import wire
from cognito_nb.sign_ins import OK, RefusedError


class AnyOrder(RuleBasedStateMachine):
    """Whatever happens in whatever order: one answer each, from its own browser, to its own kernel, while it lives."""

    created = Bundle("created")

    def __init__(self):
        super().__init__()
        self.desk = Desk()
        self.cookies = {}  # what the browsers hold, by id
        self.answered = {}  # the code that was taken, by id
        self.number = 0

    @rule(target=created, kernel=st.sampled_from("ab"), profile=st.sampled_from("0123456789"), life=st.integers(1, 200))
    def create(self, kernel, profile, life):
        return self.desk.create(kernel=kernel, profile=profile, expires_in=life)

    @rule(sign_in=created)
    def start(self, sign_in):
        """Start in the owner's browser, or in the first one: that may be too late, but never the wrong browser."""
        owner = self.cookies.get(sign_in.id)
        with contextlib.suppress(RefusedError):
            self.cookies[sign_in.id] = self.desk.start(sign_in, *(owner or {}).values())
            assert owner in (None, self.cookies[sign_in.id])
            return
        assert sign_in.answered or sign_in.ended is not None

    @rule(sign_in=created, other=created)
    def answer(self, sign_in, other):
        """Come back with one sign-in's state and another one's cookie, or with both of one."""
        self.number += 1
        cookies = self.cookies.get(other.id, {})
        try:
            taken = self.desk.answer(sign_in, cookies, code=str(self.number))
        except RefusedError:
            return
        assert taken is sign_in is other
        assert sign_in.id not in self.answered
        assert self.desk.now < sign_in.expires_at
        self.answered[sign_in.id] = str(self.number)

    @rule(sign_in=created)
    def poll(self, sign_in):
        try:
            found = self.desk.poll(sign_in)
        except RefusedError:
            return
        if isinstance(found, wire.Answered):
            assert sign_in.ended is None
            assert found.params["code"].reveal() == self.answered[sign_in.id]
            assert found.params["state"] == sign_in.state

    @rule(sign_in=consumes(created), cause=st.sampled_from([OK, "withdrawn", "network"]))
    def finish(self, sign_in, cause):
        try:
            self.desk.sign_ins.finish(sign_in.id, cause, now=self.desk.now)
        except RefusedError:
            return
        assert sign_in.ended is not None
        assert sign_in.id in self.desk.woken

    @rule(seconds=st.sampled_from([1, 29, 31, 89, 91, 700]))
    def wait(self, seconds):
        self.desk.now += seconds
        self.desk.sign_ins.sweep(now=self.desk.now)

    @invariant()
    def books_agree(self):
        sign_ins = self.desk.sign_ins
        live = {sign_in.id for sign_in in sign_ins._by_id.values() if sign_in.ended is None}
        assert live == {own.id for kernel in sign_ins._by_kernel.values() for own in kernel.values()}
        assert len(live) == len(sign_ins)
        assert set(sign_ins._ended) == set(sign_ins._by_id) - live
        assert len(sign_ins._by_state) == len(sign_ins._by_id)
        assert all(0 < len(kernel) <= wire.MAX_SIGN_INS_PER_KERNEL for kernel in sign_ins._by_kernel.values())


TestAnyOrder = pytest.mark.holds("LF-17")(AnyOrder.TestCase)
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
