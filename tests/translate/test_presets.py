"""Presets: what tells the paper from its code, from the baselines and from the default."""

from dataclasses import replace

import pytest
from l1000_rnaseq.translate.presets import PRESETS, preset_of, small
from l1000_rnaseq.translate.settings import (
    AS_CODED_CYCLEGAN,
    AS_CODED_NETWORK,
    CENTRED_CYCLEGAN,
    DGEX_MODERN,
    AnchoredSettings,
    BlendSettings,
    CalibratedSettings,
    CycleGANSettings,
    DGEXSettings,
    KernelSettings,
    NetworkSettings,
    RidgeSettings,
)

FIELDS = {
    "step1": (
        CycleGANSettings(),
        AS_CODED_CYCLEGAN,
        CENTRED_CYCLEGAN,
        "ratio",
        CalibratedSettings(),
        "monge",
        AnchoredSettings(),
        *["joint_quantile"] * 2,
    ),
    "step2": (
        NetworkSettings(),
        AS_CODED_NETWORK,
        KernelSettings(),
        RidgeSettings(alphas=(0.0,), rank=None, by_source=False),
        BlendSettings(),
        KernelSettings(),
        KernelSettings(),
        DGEXSettings(),
        DGEX_MODERN,
    ),
    "log_base": (2, 10, *[2] * 7),
    "strict_filter": (False, True, *[False] * 7),
    "composition": (*["balanced"] * 4, *["cell_lines"] * 3, *["balanced"] * 2),
    "valid_by": ("series", "sample", *["series"] * 7),
    "valid_fraction": (0.1, 0.01, *[0.1] * 7),
    "max_samples": (50_000,) * 9,
}


@pytest.mark.parametrize("field", FIELDS)
def test_presets_field_by_field(field):
    names = (
        "as_published",
        "as_coded",
        "cyclegan_centred",
        "ratio",
        "best",
        "monge",
        "anchored",
        "dgex",
        "dgex_modern",
    )
    assert list(PRESETS) == list(names)
    assert tuple(getattr(PRESETS[name], field) for name in names) == FIELDS[field]
    assert all(PRESETS[name].name == name for name in names)


@pytest.mark.parametrize("name", PRESETS)
def test_small_changes_sizes_and_epochs_only(name):
    full, less = PRESETS[name], small(PRESETS[name])
    if name in ("ratio", "best", "monge"):
        assert less == full
        return
    if name == "anchored":
        assert less == replace(full, step1=replace(full.step1, steps=50))
        return
    if name.startswith("dgex"):
        assert less == replace(full, step2=replace(full.step2, units=256, epochs=20))
        return
    assert less.step1 == replace(full.step1, epochs=30)
    wide = isinstance(full.step2, NetworkSettings)
    small_step2 = replace(full.step2, hidden=(256, 512), max_epochs=30) if wide else full.step2
    assert less.step2 == small_step2
    assert replace(less, step1=full.step1, step2=full.step2) == full


def test_a_preset_is_found_by_name_or_is_itself():
    assert preset_of("best") is PRESETS["best"] is preset_of(PRESETS["best"])
    with pytest.raises(ValueError, match="unknown preset 'nope'; expected one of as_published, as_coded"):
        preset_of("nope")
