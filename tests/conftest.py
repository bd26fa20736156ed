"""Fixtures shared by all tests: the real data folder (skips without it) and a small simulated one."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The small real data folder; tests that need it are skipped, with the reason, where it is absent."""
    folder = Path(os.environ.get("L1000_RNASEQ_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "l1000" / "level3.gctx").is_file():
        pytest.skip(f"no real data folder at {folder}; set L1000_RNASEQ_REAL_DATA to use one")
    return folder


@pytest.fixture(scope="session")
def simulated_data(tmp_path_factory) -> Path:
    """A small simulated data folder (seed 0); read it, do not write into it."""
    from l1000_rnaseq.data.simulate import SMALL, simulate

    folder = tmp_path_factory.mktemp("simulated")
    simulate(folder, seed=0, scale=SMALL)
    return folder
