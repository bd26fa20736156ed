"""Bundles: every kind of step survives the disk; anything but a whole, unaltered bundle is refused."""

import subprocess
import sys
from dataclasses import replace

import h5py
import numpy as np
import pytest
from l1000_rnaseq.translate.bundle import Bundle, default_bundle
from l1000_rnaseq.translate.change.change_map import ChangeMap
from l1000_rnaseq.translate.networks import NetworkStep, build_network
from l1000_rnaseq.translate.normalize import Normalization
from l1000_rnaseq.translate.step1.per_gene import Affine, fit_quantile_match
from l1000_rnaseq.translate.step2.blend import BlendMap
from l1000_rnaseq.translate.step2.kernel import KernelMap
from l1000_rnaseq.translate.step2.linear import LinearMap
from l1000_rnaseq.translate.training.torch_loop import seeded_initialisation

MARKS, FURTHER = ("A", "B", "C", "D"), ("X", "Y", "Z")


def network(kind, *sizes):
    spec = {"kind": kind, "sizes": list(sizes), "final_relu": True}
    with seeded_initialisation(0):
        return NetworkStep(build_network(spec).eval(), spec)


def step1(kind):
    rng = np.random.default_rng(1)
    if kind == "affine":
        return Affine(rng.uniform(0.2, 1, 4), rng.normal(size=4))
    if kind == "quantile":
        return fit_quantile_match(rng.normal(8, 1, (30, 4)), rng.gamma(2, 1, (30, 4)))
    return network("dense", 4, 6, 4) if kind == "dense" else network(kind, 4, 4)


def step2(kind, n=3):
    rng = np.random.default_rng(2)
    if kind == "linear":
        return LinearMap(*(rng.normal(size=s).astype(np.float32) for s in ((4, 2), (2, n), n)))
    if kind == "kernel":
        shapes = ((4,), (4, 3), (6, 3), (), (6, 2), (2, n), (n,))
        return KernelMap(*(np.asarray(rng.uniform(0.1, 1, s), np.float32) for s in shapes))
    if kind == "blend":
        shapes = ((4,), (4, 3), (6, 3), (), (6, 2), (2, n), (n,), (4, 2))
        return BlendMap(*(np.asarray(rng.uniform(0.1, 1, s), np.float32) for s in shapes))
    return network("dense", 4, 5, n)


def make(first="affine", second="linear", targets=FURTHER, log_base=2):
    norm = Normalization(MARKS + FURTHER, np.linspace(0, 10, 7), log_base)
    steps = step1(first), step2(second, len(targets))
    return Bundle(MARKS, targets, np.arange(4.0) + 5, *steps, norm, {"preset": "test", "seed": 3})


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "b.h5"
    make().save(path)
    return path


X = np.random.default_rng(0).normal(8, 2, (9, 4)).astype(np.float32)


@pytest.mark.parametrize("second", ["linear", "kernel", "blend", "dense"])
@pytest.mark.parametrize("first", ["affine", "quantile", "dense", "residual", "anchored"])
def test_every_kind_of_step_comes_back(tmp_path, first, second):
    bundle = make(first, second)
    bundle.save(tmp_path / "b.h5")
    loaded = Bundle.load(tmp_path / "b.h5")
    assert [p.name for p in tmp_path.iterdir()] == ["b.h5"]
    np.testing.assert_allclose(loaded.genome_of(X)[0], bundle.genome_of(X)[0], atol=2e-4)
    np.testing.assert_array_equal(loaded.l1000_mean, bundle.l1000_mean)
    assert (loaded.landmarks, loaded.targets, loaded.genes) == (MARKS, FURTHER, MARKS + FURTHER)
    assert loaded.normalization.genes == MARKS + FURTHER and loaded.normalization.log_base == 2
    np.testing.assert_allclose(loaded.normalization.reference, np.linspace(0, 10, 7), rtol=1e-6)
    assert {**bundle.card, "sha256": loaded.card["sha256"]} == loaded.card


def test_half_precision_matrices_stay_close_and_hashed(tmp_path):
    bundle = make()
    bundle.save(tmp_path / "b.h5", "float16")
    loaded = Bundle.load(tmp_path / "b.h5")
    assert loaded.step2.left.dtype == np.float32
    np.testing.assert_array_equal(loaded.step2.left, bundle.step2.left.astype(np.float16))


def test_same_bundle_same_bytes(tmp_path):
    for name in "ab":
        make().save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("log_base", [2, 10])
@pytest.mark.parametrize("second", ["linear", "dense"])
def test_the_genome_is_both_steps_by_hand_in_log2(second, log_base):
    bundle = make(second=second, log_base=log_base)
    marks = np.maximum(X * bundle.step1.slope + bundle.step1.intercept, 0)
    raw = np.hstack([X * bundle.step1.slope + bundle.step1.intercept, bundle.step2.transform(marks)])
    profiles, clipped = bundle.genome_of(X)
    np.testing.assert_allclose(profiles, np.maximum(raw, 0) * np.log2(log_base), atol=1e-4)
    assert clipped == pytest.approx((raw < 0).mean()) and profiles.dtype == np.float32
    np.testing.assert_allclose(bundle.landmarks_of(X), profiles[:, :4], atol=1e-5)


def test_step_two_may_predict_the_landmarks_too():
    targets = ("X", "C", "A", "Y", "B", "D", "Z")  # as the published code, in the order of its reference
    bundle = make(second="dense", targets=targets)
    assert bundle.genes == ("A", "B", "C", "D", "X", "Y", "Z")
    predicted = bundle.step2.transform(np.maximum(bundle.step1.transform(X), 0))
    expected = np.stack([predicted[:, targets.index(gene)] for gene in bundle.genes], axis=1)
    np.testing.assert_allclose(bundle.genome_of(X)[0], expected, atol=1e-5)


def test_samples_are_translated_one_by_one():
    bundle, order = make("dense", "dense"), np.random.default_rng(3).permutation(9)
    whole = bundle.genome_of(X)[0]
    np.testing.assert_allclose(bundle.genome_of(X[order])[0], whole[order], atol=1e-5)
    np.testing.assert_allclose(np.vstack([bundle.genome_of(x[None])[0] for x in X]), whole, atol=1e-5)


def test_another_version_is_named(saved):
    with h5py.File(saved, "r+") as file:
        file.attrs["version"] = 9
    with pytest.raises(ValueError, match=r"format version 9, this library reads version 2; train it again"):
        Bundle.load(saved)


def test_an_altered_weight_is_noticed(saved):
    with h5py.File(saved, "r+") as file:
        values = file["step2/intercept"][()]
        values.view(np.uint8)[0] ^= 1
        file["step2/intercept"][...] = values
    with pytest.raises(ValueError, match="does not match its own sha256"):
        Bundle.load(saved)


def test_a_flipped_byte_anywhere_is_refused_or_harmless(saved, tmp_path):
    whole, digest = saved.read_bytes(), Bundle.load(saved).card["sha256"]
    other, refused = tmp_path / "other.h5", 0
    for place in np.random.default_rng(0).integers(len(whole), size=150):
        damaged = bytearray(whole)
        damaged[place] ^= 0x55
        other.write_bytes(damaged)
        try:
            assert Bundle.load(other).card["sha256"] == digest
        except ValueError as error:
            refused += 1
            assert str(error).startswith(str(other)) and "\n" not in str(error)
    assert refused >= 5  # most others fall into unused space of the file


@pytest.mark.parametrize("keep", [0, 50, 3000])
def test_a_truncated_file_is_named(saved, keep):
    saved.write_bytes(saved.read_bytes()[:keep])
    with pytest.raises(ValueError, match="truncated or not an HDF5 bundle"):
        Bundle.load(saved)


def test_what_is_no_bundle_is_named(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["a"] = 1
    with pytest.raises(ValueError, match="HDF5 file but not a bundle"):
        Bundle.load(tmp_path / "x.h5")
    with pytest.raises(ValueError, match="no bundle at .*absent.h5; train one"):
        Bundle.load(tmp_path / "absent.h5")


def test_a_failed_save_keeps_the_earlier_bundle(saved):
    before = saved.read_bytes()
    with pytest.raises(TypeError):
        replace(make(), card={"no": object()}).save(saved)
    assert saved.read_bytes() == before


def test_the_default_bundle_is_small_and_says_what_it_left_out():
    assert default_bundle().stat().st_size <= 40e6
    bundle = Bundle.load()
    assert {"A549", "JURKAT", "PC3", "U2OS"} <= set(bundle.card["paired_lines"])
    assert bundle.card["held_out_lines"] == [] and sum(bundle.card["contrasts"].values()) > 800
    assert "D2H2" in bundle.card["excluded_processing"]
    assert not any("D2H2" in source for source in bundle.card["rnaseq_sources"])
    assert len(bundle.landmarks) > 950 and len(bundle.genes) > 10_000
    assert len(set(bundle.genes)) == len(bundle.genes)
    assert bundle.genes[: len(bundle.landmarks)] == bundle.landmarks


@pytest.mark.parametrize("second", ["linear", "kernel", "blend", "dense"])
def test_a_change_is_a_difference_of_translations(second):
    bundle = make(second=second)
    change = X - X.mean(axis=0)
    both = []
    for x in (bundle.l1000_mean + change, bundle.l1000_mean[None]):
        first = bundle.step1.transform(x.astype(np.float32))
        both.append(np.hstack([first, bundle.step2.transform(np.maximum(first, 0))]))
    np.testing.assert_allclose(bundle.change_of(change), both[0] - both[1], atol=1e-4)


def test_a_model_of_changes_is_stored_and_used(tmp_path):
    rng = np.random.default_rng(3)
    change = ChangeMap(*(rng.normal(size=s).astype(np.float32) for s in ((4,), (4, 2), (2, 3))))
    bundle = replace(make(), change=change)
    bundle.save(tmp_path / "b.h5")
    loaded, moved = Bundle.load(tmp_path / "b.h5"), X - X.mean(axis=0)
    expected = np.hstack([moved, moved * change.scale @ change.left @ change.right])
    np.testing.assert_allclose(loaded.change_of(moved), expected, atol=1e-4)
    profiles = loaded.for_changes(X)
    np.testing.assert_allclose(profiles - profiles[0], loaded.change_of(X - X[0]), atol=1e-3)
    mean = loaded.for_changes(loaded.l1000_mean[None])
    np.testing.assert_allclose(np.maximum(mean, 0), loaded.genome_of(loaded.l1000_mean[None])[0], atol=1e-4)
    np.testing.assert_array_equal(make().for_changes(X), make().genome_of(X)[0])


def test_the_default_bundle_needs_neither_torch_nor_scipy():
    code = """
import sys
from l1000_rnaseq.translate.bundle import Bundle
bundle = Bundle.load()
assert bundle.genome_of(bundle.l1000_mean[None])[0].shape == (1, len(bundle.genes))
print(*({"torch", "scipy"} & set(sys.modules)))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
