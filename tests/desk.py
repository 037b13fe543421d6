"""Sign-ins without a server: a clock that tests move, and browsers that are dicts of cookies."""

from server.harness import new_sign_in

from cognito_nb import wire
from cognito_nb.sign_ins import SignIns

REDIRECT = "http://127.0.0.1:8888/cognito/callback"


class Desk:
    """Sign-ins with a clock that a test moves, and a record of who was woken."""

    def __init__(self):
        self.woken = []
        self.sign_ins = SignIns(self.woken.append)
        self.now = 1000.0

    def create(self, **changes):
        return self.sign_ins.create(wire.SignInRequest.from_json(new_sign_in(**changes)), now=self.now)

    def start(self, sign_in, cookie=None):
        """Start in a browser; returns its cookies."""
        binding, _ = self.sign_ins.start(sign_in.id, cookie, REDIRECT, now=self.now)
        return {wire.COOKIE_PREFIX + sign_in.id: binding.reveal()}

    def started(self, **changes):
        sign_in = self.create(**changes)
        return sign_in, self.start(sign_in)

    def answer(self, sign_in, cookies, **changes):
        params = {"code": "the-code", "state": sign_in.state.reveal(), **changes}
        return self.sign_ins.answer(params, cookies, now=self.now)

    def poll(self, sign_in):
        return self.sign_ins.poll(sign_in.id, now=self.now)

    def wait(self, seconds, *polling):
        """Let time pass while the kernels of `polling` ask every 25 seconds."""
        until = self.now + seconds
        while self.now < until:
            self.now = min(until, self.now + wire.LONG_POLL_SECONDS)
            for sign_in in polling:
                self.poll(sign_in)
