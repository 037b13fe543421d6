"""Runner: when the caller is woken. The rest of it shows in `test_fetch`."""

import asyncio

from tokens.fakes import until

from cognito_nb.data.runner import Place, Runner


class Sender:
    """Answers all requests at once, when all are under way."""

    concurrency = 16

    def __init__(self):
        self.under_way, self.answer = 0, asyncio.Event()

    async def send(self, number, _asked):
        self.under_way += 1
        await self.answer.wait()
        return number


def test_runner_wakes_the_caller_when_all_answers_of_a_turn_are_there():
    """Each time it wakes a thread up costs as much as a small answer does (measured)."""

    async def main():
        sender, places, found = Sender(), [Place() for _ in range(16)], []
        runner = Runner(sender)
        places[0].wake = lambda: found.append([place.answer for place in places])
        runner.queue.extend((number, place, "/") for number, place in enumerate(places))
        runner.go()
        await until(lambda: sender.under_way == 16)
        sender.answer.set()
        await until(lambda: found)
        return found

    assert asyncio.run(main()) == [list(range(16))]
