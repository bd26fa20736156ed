"""What is read from a user's file: gene order, imputation, limits."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.files.gctx import write_gctx
from l1000_rnaseq.data.genes import landmarks
from l1000_rnaseq.translate.level3_input import Level3Input

NAMES = tuple(landmarks().index)
MEAN = np.linspace(5, 11, 978)


@pytest.fixture
def opened(tmp_path):
    def write(profiles):
        write_gctx(tmp_path / "in.gctx", profiles)
        return open_profiles(tmp_path / "in.gctx")

    return write


def test_profiles_come_in_the_order_of_the_bundle(opened, level3):
    profiles = level3(9)
    extra = pd.concat([profiles.iloc[:, :500], pd.DataFrame({"NOGENE": 3.0}, profiles.index)], axis=1)
    file = opened(pd.concat([extra, profiles.iloc[:, 500:]], axis=1))
    x, imputed = Level3Input.of(file, NAMES, MEAN).read(2, 7)
    np.testing.assert_array_equal(x, profiles[list(NAMES)].iloc[2:7])
    assert imputed == 0 and x.dtype == np.float32


def test_missing_landmarks_and_values_take_the_training_mean(opened, level3):
    profiles = level3(4)
    gone = list(NAMES[10:14])
    profiles.loc[profiles.index[1], NAMES[0]] = np.nan
    profiles.loc[profiles.index[2], NAMES[1]] = -666
    file = opened(profiles.drop(columns=gone))
    landmarks_in = Level3Input.of(file, NAMES, MEAN)
    x, imputed = landmarks_in.read(0, 4)
    expected = profiles[list(NAMES)].to_numpy()
    expected[:, 10:14] = MEAN[10:14]
    expected[1, 0], expected[2, 1] = MEAN[0], MEAN[1]
    np.testing.assert_allclose(x, expected, rtol=1e-6)
    assert imputed == 2 and list(landmarks_in.missing) == gone


@pytest.mark.parametrize(("n", "fine"), [(48, True), (49, False)])
def test_the_limit_of_missing_landmarks(opened, level3, n, fine):
    file = opened(level3(3).iloc[:, n:])
    if fine:
        assert len(Level3Input.of(file, NAMES, MEAN).missing) == n
        return
    with pytest.raises(ValueError, match="49 of 978 landmark genes are missing"):
        Level3Input.of(file, NAMES, MEAN)


def test_a_gene_by_two_names_is_a_duplicate_only_if_it_is_a_landmark(opened, level3):
    profiles = level3(3)
    entrez = landmarks()["entrez"].loc[profiles.columns].astype(str)
    file = opened(profiles.set_axis(entrez, axis=1))
    np.testing.assert_array_equal(Level3Input.of(file, NAMES, MEAN).read(0, 3)[0], profiles[list(NAMES)])
    floats = profiles.set_axis([entrez.iloc[1] + ".0", *entrez.iloc[1:]], axis=1)
    with pytest.raises(ValueError, match=f"1 genes are repeated .*{profiles.columns[1]}"):
        Level3Input.of(opened(floats), NAMES, MEAN)


def test_a_transposed_file_is_recognised(opened, level3):
    with pytest.raises(ValueError, match="is transposed: its 978 columns are genes"):
        Level3Input.of(opened(level3(5).T), NAMES, MEAN)
