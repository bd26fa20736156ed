"""Sentences of the log, collected."""

import logging
import threading

from l1000_rnaseq.data.files.told import MOST, told

log = logging.getLogger("l1000_rnaseq.some.module")


def test_sentences_are_collected_once_and_in_order():
    with told() as sentences:
        for what in ("b", "a", "b"):
            log.warning("%s is dropped", what)
        thread = threading.Thread(target=log.warning, args=("of another run",))
        thread.start()
        thread.join()
    log.warning("later")
    assert list(sentences) == ["b is dropped", "a is dropped"]


def test_no_more_than_so_many():
    with told() as sentences:
        for number in range(MOST + 5):
            log.warning("sentence %d", number)
    assert len(sentences) == MOST
