"""Each file predicted by a model that has not seen it."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.contrasts import Contrasts
from l1000_rnaseq.translate.change.fit import fit_change
from l1000_rnaseq.translate.change.held_out import held_out_files

LANDMARKS, GENES = [f"L{i}" for i in range(6)], [f"G{i}" for i in range(9)]


@pytest.fixture
def files():
    """Three files of one map: fold changes with a test, fold changes without, and ranks."""
    rng = np.random.default_rng(0)
    level, files = rng.normal(size=(6, 9)), []
    for name, n in (("a", 12), ("b", 8), ("c_rank", 10)):
        x = rng.normal(size=(n, 6)) * (10 if name == "c_rank" else 1)
        changes = pd.DataFrame(np.hstack([x, x @ level]), [f"{name}{i}" for i in range(n)], LANDMARKS + GENES)
        meta = pd.DataFrame(index=changes.index)
        if name == "a":
            meta = meta.assign(n_padj05=["5", "500"] * 6, target=["X", "X", "Y"] * 4)
        files.append(Contrasts(name, changes, meta, name == "c_rank"))
    return level, files


def test_a_file_is_predicted_without_itself(files):
    level, contrasts = files
    first, second, _ = held_out_files(LANDMARKS, GENES, level, contrasts)
    step = fit_change(LANDMARKS, GENES, level, contrasts[1:])
    x = contrasts[0].of_genes(LANDMARKS)[1::2]
    np.testing.assert_array_equal(first.predicted, np.hstack([x, step.transform(x)]))
    np.testing.assert_array_equal(first.true, contrasts[0].of_genes(LANDMARKS + GENES)[1::2])
    assert first.group.tolist() == contrasts[0].meta["target"].iloc[1::2].tolist()
    assert second.group.tolist() == list(contrasts[1].changes.index)


def test_noise_is_the_mean_of_wells_and_ranks_get_the_usual_size(files):
    level, contrasts = files
    noise = np.full((5, 6), 0.3, np.float32)
    plain = list(held_out_files(LANDMARKS, GENES, level, contrasts))
    noisy = list(held_out_files(LANDMARKS, GENES, level, contrasts, noise=noise))
    for without, with_noise in zip(plain, noisy, strict=True):
        np.testing.assert_allclose(with_noise.predicted[:, :6], without.predicted[:, :6] + 0.3, atol=1e-5)
        np.testing.assert_array_equal(with_noise.true, without.true)
    size = np.median(np.sqrt((plain[2].predicted[:, :6] ** 2).mean(axis=1)))
    assert 0.5 < size < 2 and np.abs(plain[2].true[:, :6]).max() > 10
    rng = np.random.default_rng(1)
    drawn = [
        list(
            held_out_files(LANDMARKS, GENES, level, contrasts, noise=rng.normal(size=(400, 6)), replicates=n)
        )
        for n in (1, 16)
    ]
    spread = [np.std(runs[1].predicted[:, :6] - plain[1].predicted[:, :6]) for runs in drawn]
    assert spread[0] == pytest.approx(1, abs=0.3) and spread[1] == pytest.approx(0.25, abs=0.1)
