"""Turns: how many requests are under way at once, and whose turn is next."""

from __future__ import annotations

import asyncio
import heapq

__all__ = ["Turns"]


class Turns:
    """Lets up to `most` requests through, the oldest first; fewer once the API has said that it is too much.

    Each time the API asks for patience the number is halved, with every answer it grows a little (AIMD, as TCP does
    it): an API that allows five calls a second would otherwise refuse some requests more often than they are retried.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._limit = float(most)
        self._taken = 0
        self._holds = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    async def take(self, number: int) -> None:
        """Wait for the turn of the request with this number."""
        if not self._waiting and self._is_free():
            self._taken += 1
            return
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (number, turn))
        await turn

    def give_back(self, *, answered: bool) -> None:
        """End a turn."""
        self._taken -= 1
        if answered:
            self._limit = min(self._limit + 1 / self._limit, self._most)
        self._admit_soon()

    def hold(self) -> None:
        """Let nobody through before `go_on`: the API has asked for patience."""
        if not self._holds:
            self._limit = max(self._limit / 2, 1.0)
        self._holds += 1

    def go_on(self) -> None:
        """End a hold."""
        self._holds -= 1
        self._admit_soon()

    def _is_free(self) -> bool:
        return not self._holds and self._taken < int(self._limit)

    def _admit_soon(self) -> None:
        """Let others through once the caller has said what it wants: a hold, or a turn again before them."""
        if self._waiting and not self._holds:
            asyncio.get_running_loop().call_soon(self._admit)

    def _admit(self) -> None:
        while self._waiting and self._is_free():
            _, turn = heapq.heappop(self._waiting)
            if not turn.done():  # cancelled
                self._taken += 1
                turn.set_result(None)
