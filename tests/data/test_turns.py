"""Turns: the oldest first, fewer after a refusal, more again with each answer."""

import asyncio

from cognito_nb.data.turns import Turns


def run(steps):
    return asyncio.run(steps())


async def settle():
    for _ in range(3):
        await asyncio.sleep(0)


def test_turns_let_the_oldest_through_first():
    """Whoever has waited to be sent again comes before younger requests."""

    async def steps():
        turns, order = Turns(1), []

        async def take(number):
            await turns.take(number)
            order.append(number)
            turns.give_back(answered=True)

        turns.hold()
        waiting = [asyncio.ensure_future(take(number)) for number in (3, 1, 2)]
        await settle()
        turns.go_on()
        await asyncio.gather(*waiting)
        return order

    assert run(steps) == [1, 2, 3]


def test_turns_are_halved_by_a_refusal_and_grow_again():
    """Several refusals at a time count once."""

    async def steps():
        turns, under_way = Turns(8), []

        def begin():
            return [asyncio.ensure_future(turns.take(number)) for number in range(8)]

        turns.hold()
        turns.hold()
        turns.go_on()
        turns.go_on()
        tasks = begin()
        await settle()
        under_way.append(sum(task.done() for task in tasks))
        for _ in range(30):
            turns.give_back(answered=True)
            turns._taken += 1
        await settle()
        under_way.append(sum(task.done() for task in tasks))
        return under_way

    assert run(steps) == [4, 8]


def test_turns_of_a_cancelled_request_go_to_the_next():
    """Nobody waits behind one that has left."""

    async def steps():
        turns = Turns(1)
        await turns.take(0)
        gone, next_one = (asyncio.ensure_future(turns.take(number)) for number in (1, 2))
        await settle()
        gone.cancel()
        await settle()
        turns.give_back(answered=True)
        async with asyncio.timeout(5):
            await next_one

    run(steps)
