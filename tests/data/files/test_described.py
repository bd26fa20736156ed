"""Odd metadata through every pair of formats: what comes back is the same, or it is told."""

import logging
import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from l1000_rnaseq.data.files.formats import WRITABLE, open_profiles, open_writer
from l1000_rnaseq.data.genes import landmarks

GENES = list(landmarks().index[:4])
PLAIN = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))
IDS = st.text(PLAIN, min_size=1, max_size=8).map(str.strip).filter(lambda text: text.strip('"'))
NAMES = st.one_of(
    st.sampled_from(
        ["id", "_index", "index", "a/b", "a_b", "cell_id", "", ".", "sample_id", "rid", "two words"]
    ),
    st.text(PLAIN, max_size=8),
)
TEXT = st.one_of(
    st.none(),
    st.sampled_from(
        ["", "NA", "-666", "007", "1e3", "10 µM", "a\tb", "two\nlines", '"quoted"', "long " * 60]
    ),
    st.text(PLAIN, max_size=8),
)
KINDS = {
    "text": lambda n: st.lists(TEXT, min_size=n, max_size=n).map(lambda v: pd.array(v, dtype=object)),
    "category": lambda n: st.lists(TEXT, min_size=n, max_size=n).map(pd.Categorical),
    "string": lambda n: st.lists(TEXT, min_size=n, max_size=n).map(lambda v: pd.array(v, "string")),
    "whole": lambda n: st.lists(st.integers(-(2**53), 2**53), min_size=n, max_size=n).map(np.array),
    "float": lambda n: st.lists(st.floats(width=32), min_size=n, max_size=n).map(
        lambda v: np.array(v, float)
    ),
    "bool": lambda n: st.lists(st.booleans(), min_size=n, max_size=n).map(lambda v: np.array(v, bool)),
    "Int64": lambda n: st.lists(st.none() | st.integers(0, 9), min_size=n, max_size=n).map(
        lambda v: pd.array(v, "Int64")
    ),
    "boolean": lambda n: st.lists(st.none() | st.booleans(), min_size=n, max_size=n).map(
        lambda v: pd.array(v, "boolean")
    ),
    "missing": lambda n: st.just(np.full(n, np.nan)),
}


@st.composite
def metadata(draw, ids) -> pd.DataFrame:
    names = draw(st.lists(NAMES, max_size=4, unique=True))
    kinds = [draw(st.sampled_from(sorted(KINDS))) for _ in names]
    return pd.DataFrame(
        {name: draw(KINDS[kind](len(ids))) for name, kind in zip(names, kinds, strict=True)}, index=ids
    )


@st.composite
def tables(draw):
    ids = draw(st.lists(IDS, min_size=1, max_size=4, unique=True))
    return ids, draw(metadata(ids)), draw(metadata(GENES))


MISSING = set("|-666|-666.0|NA|na|N/A|n/a|#N/A|nan|NaN|NAN|<NA>|null|NULL|None|---".split("|"))


def is_same(given, got) -> bool:
    """Whether two values say the same: missing, the same text, or the same number."""
    missing = [pd.isna(value) or str(value).strip() in MISSING for value in (given, got)]
    if any(missing) or str(given) == str(got):
        return all(missing) or not any(missing)
    try:
        digits = 1e-11 if isinstance(given, float) else 1e-14  # texts of decimals have 13 digits
        return math.isclose(float(given), float(got), rel_tol=digits)
    except ValueError:
        return False


def check(given: pd.DataFrame, got: pd.DataFrame, told: str) -> None:
    assert len(given.columns) == len(got.columns) or "has no place" in told
    for name in given.columns:
        if name in got:
            changed = [pair for pair in zip(given[name], got[name], strict=True) if not is_same(*pair)]
            assert not changed or "written" in told, (name, changed)
        else:
            assert f"{name} →" in told or "has no place" in told, name


@pytest.mark.parametrize("pair", [*product((".gctx", ".gct", ".h5ad", ".tsv"), WRITABLE)], ids="-".join)
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=tables())
def test_odd_metadata_through_every_pair_of_formats(tmp_path, caplog, pair, data):
    ids, samples, genes = data
    values = np.random.default_rng(0).normal(8, 2, (len(ids), len(GENES))).astype(np.float32)
    values[0, 0] = np.nan
    file = None
    for suffix in pair:
        caplog.clear()
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}{suffix}"
        with (
            caplog.at_level(logging.INFO),
            open_writer(path, GENES, ids, genes, samples, resume=False) as out,
        ):
            out.write(0, values)
        file = open_profiles(path)
        assert list(file.sample_ids) == ids and list(file.genes) == GENES
        np.testing.assert_array_equal(file.read(), values)
        check(samples, file.sample_metadata, caplog.text)
        if "has no place" not in caplog.text and suffix in (".gctx", ".gct", ".gct.gz", ".h5ad"):
            check(genes, file.row_metadata, caplog.text)
        samples, genes = file.sample_metadata, file.row_metadata
