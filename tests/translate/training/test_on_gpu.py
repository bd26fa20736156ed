"""What training does differently on a GPU; here what holds without one."""

import numpy as np
import torch
from l1000_rnaseq.translate.training.on_gpu import Recorded, batch, place, tf32

CPU = torch.device("cpu")


def test_without_a_gpu_profiles_stay_where_they_are(tmp_path):
    values = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float64, (5, 3))
    values[:] = np.arange(15).reshape(5, 3)
    (placed,) = place(values, device=CPU)
    assert placed is values
    assert batch(placed, np.array([4, 0]), CPU).dtype == torch.float32
    assert batch(placed, np.array([4, 0]), CPU).tolist() == [[12, 13, 14], [0, 1, 2]]


def test_a_tensor_gives_the_rows_that_an_array_gives():
    values, rows = np.random.default_rng(0).random((6, 2), np.float32), np.array([3, 3, 1])
    assert torch.equal(batch(torch.from_numpy(values), rows, CPU), batch(values, rows, CPU))


def test_a_batch_is_no_view_of_the_profiles():
    values = np.ones((3, 2), np.float32)
    values.flags.writeable = False
    batch(values, np.array([0]), CPU).zero_()
    assert (values == 1).all()


def test_without_a_gpu_the_step_itself_runs_each_time():
    calls = []
    step = Recorded(lambda x: calls.append(1) or {"sum": x.sum()}, [], CPU)
    assert [step(torch.full((2,), float(k)))["sum"].item() for k in range(9)] == [2.0 * k for k in range(9)]
    assert len(calls) == 9


def test_the_choice_of_precision_is_put_back():
    before = torch.backends.cuda.matmul.allow_tf32
    try:
        with tf32():
            assert torch.backends.cuda.matmul.allow_tf32
            raise KeyError
    except KeyError:
        pass
    assert torch.backends.cuda.matmul.allow_tf32 == before
