"""Fixtures shared by all tests: the real data folder (skips without it) and a small simulated one."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import hypothesis
import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy is loaded: small matrices
# a run tells of the code alone: the same examples, no clock
hypothesis.settings.register_profile(
    "same examples", derandomize=True, deadline=None, suppress_health_check=list(hypothesis.HealthCheck)
)
hypothesis.settings.load_profile("same examples")
ROOT = Path(__file__).resolve().parents[1]
LONG = (
    "test_notebooks",
    "test_docs",
    "test_wheel",
    "app/",
    "cli/",
    "reports/",
    "evaluate/",
    "search/",
    "test_readme",
)
"""Files that take long begin first: a process that ends with one of them would work alone."""


def pytest_collection_modifyitems(items):
    """Put files that take long first; the order in each stays."""

    def place(item) -> int:
        name = item.path.relative_to(ROOT / "tests").as_posix()
        return next((k for k, start in enumerate(LONG) if name.startswith(start)), len(LONG))

    items.sort(key=place)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The small real data folder; tests that need it are skipped, with the reason, where it is absent."""
    folder = Path(os.environ.get("L1000_RNASEQ_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "l1000" / "level3.gctx").is_file():
        pytest.skip(f"no real data folder at {folder}; set L1000_RNASEQ_REAL_DATA to use one")
    return folder


@pytest.fixture(scope="module")
def browser():
    """Chromium, for the tests of one file: while it is open, no other event loop can run."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("no chromium on this machine")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def simulated_data(tmp_path_factory) -> Path:
    """A small simulated data folder (seed 0); read it, do not write into it."""
    from l1000_rnaseq.data.simulate.data_folder import SMALL, simulate

    folder = tmp_path_factory.mktemp("simulated")
    simulate(folder, seed=0, scale=SMALL)
    return folder


@pytest.fixture(scope="session")
def official_data(tmp_path_factory) -> Path:
    """The smallest simulated official folder (seed 0); read it, do not write into it."""
    from l1000_rnaseq.data.simulate.official.official_folder import simulate_official

    folder = tmp_path_factory.mktemp("official")
    simulate_official(folder, scale=1e-5, progress=False)
    return folder


@pytest.fixture(scope="session")
def few_landmarks(simulated_data):
    """Training data of the simulated folder with 200 of the landmarks: the others become targets."""
    from l1000_rnaseq.translate.presets import PRESETS
    from l1000_rnaseq.translate.training.prepare import prepare

    data = prepare(simulated_data, PRESETS["best"])
    return replace(data, l1000=data.l1000.iloc[:, :200])


@pytest.fixture(scope="session")
def trained(few_landmarks):
    """Bundles of both presets trained on `few_landmarks`: name → Bundle."""
    from l1000_rnaseq.translate.presets import PRESETS, small
    from l1000_rnaseq.translate.training.fit_bundle import fit_bundle

    presets = {name: small(PRESETS[name]) for name in ("best", "as_published")}
    return {
        name: fit_bundle(few_landmarks, preset, device="cpu", progress=False)
        for name, preset in presets.items()
    }


@pytest.fixture
def checkpoint_each_epoch(monkeypatch):
    """Trainings write their checkpoint after every epoch."""
    from l1000_rnaseq.translate.training import torch_loop

    monkeypatch.setattr(torch_loop, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)


@pytest.fixture(scope="session")
def level3():
    """Make L1000 Level 3 profiles: samples × 978 landmarks in shuffled order, log2 intensity."""
    import numpy as np
    import pandas as pd
    from l1000_rnaseq.data.genes import landmarks

    def make(n: int, seed: int = 0) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        genes = rng.permutation(landmarks().index.to_numpy(str))
        values = np.clip(rng.normal(8, 2, (n, len(genes))), 4, 15).astype(np.float32)
        return pd.DataFrame(values, [f"PLATE_X1:{i:04d}" for i in range(n)], genes)

    return make


@pytest.fixture(scope="session")
def random_bundle(tmp_path_factory) -> Path:
    """A bundle of all landmarks and 60 further genes with random weights: made in no time."""
    import numpy as np
    from l1000_rnaseq.data.genes import landmarks
    from l1000_rnaseq.translate.bundle import Bundle
    from l1000_rnaseq.translate.normalize import Normalization
    from l1000_rnaseq.translate.step1.per_gene import Affine
    from l1000_rnaseq.translate.step2.linear import LinearMap

    rng, names = np.random.default_rng(7), tuple(landmarks().index)
    further = tuple(f"NEW{i}" for i in range(60))
    step1 = Affine(rng.uniform(0.3, 0.9, 978), rng.normal(-2, 1, 978))
    step2 = LinearMap(*(rng.normal(0, 0.05, s).astype(np.float32) for s in ((978, 5), (5, 60), 60)))
    norm = Normalization(names + further, np.linspace(0, 14, 1038))
    path = tmp_path_factory.mktemp("bundle") / "random.h5"
    Bundle(names, further, rng.uniform(5, 9, 978), step1, step2, norm, {"preset": "random"}).save(path)
    return path


@pytest.fixture(scope="session")
def ratio(few_landmarks, simulated_data):
    """The bundle of the paper's baselines, trained by `train` on `few_landmarks` with seed 4."""
    from l1000_rnaseq.translate.training import train

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "prepare", lambda *args: few_landmarks)
        return train.train(simulated_data, "ratio", seed=4, progress=False)
