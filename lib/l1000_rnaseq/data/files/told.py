"""What the log tells while a file is made: it goes into the file too."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

MOST = 100  # sentences


class _Collector(logging.Handler):
    def __init__(self):
        super().__init__()
        self.sentences: dict[str, None] = {}
        self._thread = threading.get_ident()  # what other runs of this process tell is theirs

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread and len(self.sentences) < MOST:
            self.sentences[record.getMessage()] = None


@contextmanager
def told() -> Iterator[dict[str, None]]:
    """Collect the sentences that the library logs: what is dropped, pooled, imputed, renamed or assumed.

    Yields
    ------
    dict
        Each sentence once, in order; at most 100.
    """
    collector, logger = _Collector(), logging.getLogger("l1000_rnaseq")
    logger.addHandler(collector)
    try:
        yield collector.sentences
    finally:
        logger.removeHandler(collector)
