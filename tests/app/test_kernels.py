"""Kernels by a fork: a fork server that dies just then is asked again."""

import pytest
from l1000_rnaseq.app import kernels


class Context:
    """Its first processes cannot start."""

    def __init__(self, failures: int):
        self.failures, self.started = failures, 0

    def Process(self, **kwargs):
        return self

    def start(self):
        self.started += 1
        if self.started <= self.failures:
            raise EOFError("unexpected EOF")


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_a_cut_pipe_is_tried_again(monkeypatch, failures):
    context = Context(failures)
    monkeypatch.setattr(kernels, "_context", lambda: context)
    kernels._fork((), tries=3)
    assert context.started == failures + 1


def test_a_fork_server_that_never_starts_is_an_error(monkeypatch):
    context = Context(9)
    monkeypatch.setattr(kernels, "_context", lambda: context)
    with pytest.raises(EOFError):
        kernels._fork((), tries=2)
    assert context.started == 2
