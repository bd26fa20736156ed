"""So many at once: the others wait, and when too many wait the next is refused."""

import asyncio


class Turns:
    """Turns at something that takes the processor.

    Parameters
    ----------
    at_once : int
        That may go on at the same time.
    waiting : int
        That may wait.

    Attributes
    ----------
    inside : int
        That go on or wait.
    full : bool
        Whether the next is to be refused.
    """

    def __init__(self, at_once: int, waiting: int):
        self.at_once, self.waiting, self.inside = at_once, waiting, 0
        self._free = asyncio.Semaphore(at_once)

    @property
    def full(self) -> bool:  # noqa: D102
        return self.inside >= self.at_once + self.waiting

    async def __aenter__(self):
        self.inside += 1
        try:
            await self._free.acquire()
        except BaseException:
            self.inside -= 1
            raise

    async def __aexit__(self, *_):
        self.inside -= 1
        self._free.release()
