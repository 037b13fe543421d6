import inspect
import re
from pathlib import Path

import pytest
from desk import REDIRECT, Desk

from cognito_nb import wire
from cognito_nb.secret import Secret
from cognito_nb.server import handlers
from cognito_nb.sign_ins import ENDED_SECONDS, OK, REFETCH_SECONDS, FullError, RefusedError, SignIns


@pytest.fixture
def desk():
    return Desk()


def refused(cause):
    return pytest.raises(RefusedError, match=f"^{cause}$")


def test_answer_reaches_the_kernel_with_all_parameters(desk):
    """State and cookie fit: the kernel is woken and gets every parameter and the redirect URI."""
    sign_in, cookies = desk.started()
    assert desk.poll(sign_in) is None
    desk.answer(sign_in, cookies, iss="https://issuer")
    assert desk.woken == [sign_in.id]
    answered = desk.poll(sign_in)
    assert {name: value.reveal() for name, value in answered.params.items()} == {
        "code": "the-code",
        "state": sign_in.state.reveal(),
        "iss": "https://issuer",
    }
    assert answered.redirect_uri == REDIRECT


@pytest.mark.refused("CB-06", "CB-07")
def test_answer_is_taken_once(desk):
    """A second response is refused as used, before and after the outcome."""
    sign_in, cookies = desk.started()
    desk.answer(sign_in, cookies)
    with refused("used"):
        desk.answer(sign_in, cookies)
    desk.sign_ins.finish(sign_in.id, OK, now=desk.now)
    with refused("used"):
        desk.answer(sign_in, cookies)


@pytest.mark.refused("AR-08")
@pytest.mark.parametrize("cookie", [None, "", "x" * 43, "\ud800"])
def test_answer_from_another_browser_is_refused(desk, cookie):
    """Without the binding cookie's exact value nothing reaches the kernel, and the owner can still answer."""
    sign_in, cookies = desk.started()
    wrong = {} if cookie is None else {wire.COOKIE_PREFIX + sign_in.id: cookie}
    with refused("wrong_browser"):
        desk.answer(sign_in, wrong)
    assert desk.poll(sign_in) is None
    desk.answer(sign_in, cookies)


@pytest.mark.refused("AR-08")
def test_answer_to_a_sign_in_that_no_browser_started_is_refused(desk):
    """An empty binding is not a binding: no cookie matches it."""
    sign_in = desk.create()
    with refused("wrong_browser"):
        desk.answer(sign_in, {wire.COOKIE_PREFIX + sign_in.id: ""})


@pytest.mark.refused("AR-07", "AR-08")
def test_answer_with_another_sign_ins_cookie_is_refused(desk):
    """The cookie of one sign-in does not open another, though both belong to one browser."""
    first, _ = desk.started()
    _, other = desk.started()
    with refused("wrong_browser"):
        desk.answer(first, {wire.COOKIE_PREFIX + first.id: next(iter(other.values()))})


@pytest.mark.accepted("CB-12")
def test_error_without_state_ends_the_only_live_sign_in(desk):
    """Cognito omits the state from some errors: one live binding cookie names the sign-in."""
    sign_in, cookies = desk.started()
    used, used_cookies = desk.started()
    desk.answer(used, used_cookies)
    desk.sign_ins.answer({"error": "access_denied"}, {**cookies, **used_cookies}, now=desk.now)
    assert desk.poll(sign_in).params == {"error": Secret("access_denied")}


@pytest.mark.refused("CB-03", "CB-12")
@pytest.mark.parametrize("params", [{"error": "access_denied"}, {"code": "stolen"}, {"error_description": "x"}])
def test_response_without_state_is_refused_unless_it_is_the_error_of_one(desk, params):
    """With two sign-ins under way, or without error, nothing without a state is believed."""
    sign_in, cookies = desk.started()
    other, other_cookies = desk.started()
    with refused("unknown"):
        desk.sign_ins.answer(params, {**cookies, **other_cookies, "cognito_nb_x": "y"}, now=desk.now)
    assert desk.poll(sign_in) is desk.poll(other) is None


@pytest.mark.refused("CB-10")
def test_answer_to_states_that_were_never_issued_leaves_nothing(desk):
    """A flood of guesses takes no memory, wakes nobody, and costs nobody their place."""
    sign_in, cookies = desk.started()
    kept = [len(held) for held in vars(desk.sign_ins).values() if isinstance(held, dict)]
    for number in range(1000):
        with refused("unknown"):
            desk.answer(sign_in, cookies, state=f"{number:043}")
    assert [len(held) for held in vars(desk.sign_ins).values() if isinstance(held, dict)] == kept
    assert desk.woken == []
    desk.answer(sign_in, cookies)


@pytest.mark.holds("AR-07")
def test_answers_in_the_opposite_order_reach_their_own_kernels(desk):
    """Two kernels, and two tabs of one, started in one browser: each code goes where its state was made."""
    sign_ins = [desk.create(kernel="a"), desk.create(kernel="b"), desk.create(kernel="b", profile="other tab")]
    cookies = {name: value for sign_in in sign_ins for name, value in desk.start(sign_in).items()}
    for sign_in in reversed(sign_ins):
        desk.answer(sign_in, cookies, code=f"code for {sign_in.id}")
    codes = [desk.poll(sign_in).params["code"].reveal() for sign_in in sign_ins]
    assert codes == [f"code for {sign_in.id}" for sign_in in sign_ins]


@pytest.mark.refused("SE-13")
def test_answer_to_a_kernel_that_was_restarted_reaches_no_new_one(desk):
    """The new process has another name: it hears nothing, and the old one's sign-in is gone after its silence."""
    old, cookies = desk.started(kernel="before")
    new = desk.create(kernel="after")
    desk.answer(old, cookies)
    assert desk.poll(new) is None
    desk.wait(wire.SILENCE_SECONDS, new)
    desk.sign_ins.sweep(now=desk.now)
    assert (old.ended, old.answer, len(desk.sign_ins)) == ("withdrawn", None, 1)


@pytest.mark.holds("CB-09")
def test_server_reads_no_clock_that_can_be_set():
    """Lives are counted by the monotonic clock alone, so an hour more or less on the wall changes nothing."""
    files = {Path(inspect.getsourcefile(SignIns)), *Path(handlers.__file__).parent.glob("*.py")}
    assert len(files) > 5
    assert not [path for path in files if re.search(r"time\.time|datetime|localtime|gmtime", path.read_text("utf-8"))]


def test_start_again_belongs_to_the_first_browser(desk):
    """The browser that started may start again and keeps its cookie; another is refused."""
    sign_in, cookies = desk.started()
    assert desk.start(sign_in, *cookies.values()) == cookies
    with refused("wrong_browser"):
        desk.start(sign_in)


def test_start_after_the_answer_is_refused(desk):
    """A used sign-in starts no second request."""
    sign_in, cookies = desk.started()
    desk.answer(sign_in, cookies)
    with refused("used"):
        desk.start(sign_in, *cookies.values())


@pytest.mark.refused("AR-09")
def test_create_supersedes_same_kernel_and_profile_only(desk):
    """The newer sign-in takes the older one's place; other profiles and kernels stay."""
    old, cookies = desk.started(kernel="k", profile="dev")
    others = [desk.create(kernel="k", profile="prod"), desk.create(kernel="l", profile="dev")]
    desk.create(kernel="k", profile="dev")
    assert desk.poll(old) == wire.Ended("superseded")
    assert desk.woken == [old.id]
    with refused("superseded"):
        desk.answer(old, cookies)
    assert [desk.poll(other) for other in others] == [None, None]


@pytest.mark.holds("LF-09")
def test_create_keeps_eight_per_kernel(desk):
    """The ninth profile of a kernel pushes out that kernel's oldest."""
    stranger = desk.create()
    mine = [desk.create(kernel="k", profile=str(number)) for number in range(9)]
    assert [desk.poll(sign_in) for sign_in in (stranger, *mine)] == [None, wire.Ended("superseded"), *8 * [None]]


@pytest.mark.refused("LF-09")
def test_create_on_a_full_server_pushes_nobody_out(desk):
    """The 1,001st is refused; a kernel that has one may still replace it, and a place that gets free is given."""
    everybody = [desk.create(kernel=str(number)) for number in range(wire.MAX_SIGN_INS)]
    with pytest.raises(FullError):
        desk.create(kernel="one-more")
    assert desk.woken == []
    everybody[0] = desk.create(kernel="0")
    desk.sign_ins.finish(everybody[1].id, "withdrawn", now=desk.now)
    desk.create(kernel="one-more")


def test_create_with_a_state_in_use_is_refused(desk):
    """Nobody can put a sign-in of their own in front of a state that is waited for."""
    sign_in = desk.create()
    with refused("state_mismatch"):
        desk.create(kernel="other", state=sign_in.state.reveal())


@pytest.mark.refused("CB-09")
def test_life_ends_after_expires_in(desk):
    """A sign-in dies at the end of its life, even while its kernel polls; its callback says why."""
    sign_in, cookies = desk.started(expires_in=100)
    desk.wait(99, sign_in)
    assert desk.poll(sign_in) is None
    desk.wait(1)
    desk.sign_ins.sweep(now=desk.now)
    assert desk.woken == [sign_in.id]
    assert desk.poll(sign_in) == wire.Ended("expired")
    with refused("expired"):
        desk.answer(sign_in, cookies)


@pytest.mark.refused("SE-13", "CB-32")
@pytest.mark.holds("RV-09")
def test_silence_of_the_kernel_ends_a_sign_in(desk):
    """No poll for 90 seconds: the kernel is gone and the callback says so."""
    silent, cookies = desk.started()
    alive, _ = desk.started()
    desk.wait(wire.SILENCE_SECONDS, alive)
    with refused("withdrawn"):
        desk.answer(silent, cookies)
    assert desk.poll(alive) is None


def test_answer_may_be_fetched_again_for_a_while(desk):
    """A reply that was lost on its way is sent again for 30 seconds, then the code is gone from memory."""
    sign_in, cookies = desk.started()
    desk.answer(sign_in, cookies)
    first = desk.poll(sign_in)
    desk.now += REFETCH_SECONDS - 1
    assert desk.poll(sign_in) == first
    desk.now += 1
    desk.sign_ins.sweep(now=desk.now)
    assert sign_in.answer is None
    with refused("unknown"):
        desk.poll(sign_in)


@pytest.mark.parametrize("cause", [OK, "invalid_grant", "withdrawn"])
def test_end_leaves_no_secret_behind(desk, cause):
    """With the outcome, code and authorization URL leave the memory; the first outcome stands."""
    sign_in, cookies = desk.started()
    desk.answer(sign_in, cookies)
    desk.sign_ins.finish(sign_in.id, cause, now=desk.now)
    desk.sign_ins.finish(sign_in.id, "network", now=desk.now)
    assert (sign_in.answer, sign_in.authorization_url, sign_in.ended) == (None, None, cause)


@pytest.mark.refused("CB-04")
def test_spoil_ends_what_was_named_rightly(desk):
    """A malformed response with a good state uses the sign-in up; without the cookie it does nothing."""
    sign_in, cookies = desk.started()
    desk.sign_ins.spoil([sign_in.state.reveal()], {}, now=desk.now)
    assert desk.poll(sign_in) is None
    desk.sign_ins.spoil(["evil", sign_in.state.reveal()], cookies, now=desk.now)
    assert desk.poll(sign_in) == wire.Ended("error")


def test_sweep_forgets_ended_sign_ins(desk):
    """Ended sign-ins are remembered for ten minutes and at most a thousand of them."""
    for number in range(2 * wire.MAX_SIGN_INS):
        desk.create(kernel="k", profile=str(number % 2))
    desk.sign_ins.sweep(now=desk.now)
    assert len(desk.sign_ins._by_id) == len(desk.sign_ins._by_state) == wire.MAX_SIGN_INS + 2
    desk.now += ENDED_SECONDS + wire.SILENCE_SECONDS
    desk.sign_ins.sweep(now=desk.now)
    desk.now += ENDED_SECONDS
    desk.sign_ins.sweep(now=desk.now)
    assert (desk.sign_ins._by_id, desk.sign_ins._by_state, desk.sign_ins._by_kernel) == ({}, {}, {})
