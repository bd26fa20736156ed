"""The scale of values, both ways for every expectation; gaps."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.genes import landmarks
from l1000_rnaseq.data.scale import LEVEL3, LINEAR, LOG2, SCORES, check_scale, fill_missing, read_landmarks
from l1000_rnaseq.translate.bundle import Bundle

WELLS, GENES = 40, 978


def shapes() -> dict[str, np.ndarray]:
    """What people hold: name → samples × genes."""
    rng = np.random.default_rng(0)
    level3 = np.clip(rng.normal(8.2, 2.6, GENES) + rng.normal(0, 0.5, (WELLS, GENES)), 3, 15)
    counts = rng.poisson(np.exp(rng.normal(4, 2, GENES)), (WELLS, GENES)).astype(float)
    cpm = counts / counts.sum(1, keepdims=True) * 1e6
    directions = rng.standard_t(4, (WELLS, GENES))
    return {
        "Level 3": level3,
        "Level 3, small negatives": np.where(rng.random(level3.shape) < 0.0005, -0.3, level3),
        "linear intensities": np.exp2(level3),
        "counts": counts,
        "CPM": cpm,
        "log2(CPM+1)": np.log2(cpm + 1),
        "log2(CPM+0.5), negative where low": np.log2(cpm + 0.5),
        "log10(CPM+1)": np.log10(cpm + 1),
        "log2 of log2": np.log2(level3),
        "scaled to 0…1": (level3 - 3) / 12,
        "z-scores": rng.normal(0, 1.5, (WELLS, GENES)),
        "z-scores, clipped": np.clip(rng.standard_t(2, (WELLS, GENES)) * 3, -10, 10),
        "log2 fold changes": level3 - level3.mean(0),
        "fold changes with a tail": np.where(rng.random(level3.shape) < 0.02, 6, 1)
        * rng.normal(0, 0.6, level3.shape),
        "directions": directions / np.linalg.norm(directions, axis=1, keepdims=True),
        "differences of linear values": np.exp2(level3) - np.exp2(level3).mean(0),
    }


FITS = {
    LEVEL3: {"Level 3", "Level 3, small negatives"},
    LOG2: {
        "Level 3",
        "Level 3, small negatives",
        "log2(CPM+1)",
        "log2(CPM+0.5), negative where low",
    },
    SCORES: {"z-scores", "z-scores, clipped", "log2 fold changes", "fold changes with a tail", "directions"},
    LINEAR: {"linear intensities", "counts", "CPM"},
}


@pytest.mark.parametrize("expected", FITS)
@pytest.mark.parametrize("name", shapes())
def test_each_scale_is_taken_where_it_belongs_and_refused_elsewhere(name, expected):
    values = shapes()[name]
    if name in FITS[expected]:
        check_scale(values, "the file", expected)
        return
    with pytest.raises(
        ValueError, match=rf"^the file: 0.1 %, 50 % and 99.9 % of .*; expected {expected[:20]}"
    ):
        check_scale(values, "the file", expected)


@pytest.mark.parametrize(
    ("name", "expected", "guess"),
    [
        ("z-scores", LEVEL3, "z-scores or fold changes"),
        ("counts", LEVEL3, "counts or linear"),
        ("log2(CPM+1)", LEVEL3, "log2 levels of RNA-seq, or a profile that was translated already"),
        ("Level 3", SCORES, "Level 3 log2 intensities; expected changes"),
        ("linear intensities", LOG2, "counts or linear"),
        ("scaled to 0…1", LOG2, "no scale of expression"),
    ],
)
def test_what_it_looks_like_is_told(name, expected, guess):
    with pytest.raises(ValueError, match=guess):
        check_scale(shapes()[name], "the file", expected)


def test_real_wells_and_signatures(real_data):
    bundle = Bundle.load()
    for name, expected in (("level3", LEVEL3), ("baseline", LEVEL3), ("level5", SCORES)):
        file = open_profiles(real_data / f"l1000/{name}.gctx")
        for start in range(0, len(file.sample_ids), 300):  # one by one, as --chunk 1 does, and in slabs
            check_scale(file.read(start, start + 1), name, expected)
            check_scale(file.read(start, start + 300), name, expected)
    level3 = read_landmarks(open_profiles(real_data / "l1000/level3.gctx"), LEVEL3)
    profiles = level3.reindex(columns=list(bundle.landmarks)).fillna(8.0).to_numpy(np.float32)
    for genome in bundle.genome_of(profiles[::60])[0]:
        check_scale(genome, "a genome", LOG2)
        for whole in (genome, genome[: len(bundle.landmarks)]):
            with pytest.raises(ValueError, match="translated already"):
                check_scale(whole, "a genome", LEVEL3)


def test_nothing_to_tell_is_no_error():
    check_scale(np.full(5, np.nan), "x", LEVEL3)
    check_scale(np.zeros((2, 3)), "x", SCORES)


def test_gaps_are_filled_and_counted_up_to_a_share():
    table = pd.DataFrame(np.ones((3, 40)), list("abc"), [f"g{k}" for k in range(40)])
    table.iloc[0, 3], table.iloc[2, :2] = np.nan, np.nan
    values, n = fill_missing(table, np.arange(40.0), "f")
    assert n == 3 and values[0, 3] == 3 and values[2, 1] == 1 and values.sum() == 117 + 3 + 0 + 1
    table.iloc[1, :3] = np.nan
    with pytest.raises(ValueError, match=r"sample b of f has 8% missing values \(NaN or -666\); up to 5%"):
        fill_missing(table, 0.0, "f")
    table.iloc[0, 7] = -np.inf
    with pytest.raises(ValueError, match="sample a of f has an infinite value in row g7"):
        fill_missing(table, 0.0, "f")


def test_landmarks_are_read_complete(level3, caplog):
    profiles = level3(30).assign(NOGENE=3.0)
    profiles.iloc[4, 7] = -666
    found = read_landmarks(open_profiles(profiles), LEVEL3)
    assert set(found.columns) == set(landmarks().index) and "1 missing values of" in caplog.text
    assert found.iloc[4, 7] == pytest.approx(np.delete(profiles.iloc[:, 7].to_numpy(), 4).mean(), rel=1e-5)
    z = (profiles.drop(columns="NOGENE") - 8) / 2
    z.iloc[4, 7] = -666
    assert read_landmarks(open_profiles(z), SCORES).iloc[4, 7] == 0
    with pytest.raises(ValueError, match="z-scores or fold changes .* expected Level 3"):
        read_landmarks(open_profiles(z), LEVEL3)
