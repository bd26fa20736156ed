"""The settings of the papers and of their codes, field by field."""

from dataclasses import asdict, replace

import pytest
from l1000_rnaseq.translate.settings import (
    AS_CODED_CYCLEGAN,
    AS_CODED_NETWORK,
    DGEX_MODERN,
    DGEX_RNASEQ,
    CycleGANSettings,
    DGEXSettings,
    NetworkSettings,
)

# field: (the text of Jeon 2022, its published code)
CYCLEGAN = {
    "generator": ("dense", "residual"),
    "hidden": ((512,), (512,)),
    "discriminator_hidden": ((512,), (512, 512, 128)),
    "cycle_loss": ("mse", "smooth_l1"),
    "lambda_cycle": (10.0, 10.0),
    "lambda_identity": (10.0, 0.0),
    "average_directions": (False, True),
    "learning_rate": (2e-4, 2e-4),
    "weight_decay": (0.0, 1e-5),
    "lr_step": (None, 50),
    "epochs": (100, 100),
    "batch_size": (100, 100),
    "replay_buffer": (0, 50),
    "start_at_mean": (True, False),
    "final_relu": (True, True),
    "unit": ("log", "log"),
    "balance": (True, True),
    "low_precision": (True, True),
}
NETWORK = {
    "hidden": ((2048, 8162), (2048, 4096, 8192)),
    "predicts_landmarks": (False, True),
    "final_relu": (True, True),
    "start_at_mean": (True, True),
    "learning_rate": (2e-4, 2e-4),
    "weight_decay": (0.0, 1e-4),
    "lr_step": (None, 10),
    "batch_size": (100, 100),
    "shuffle": (True, False),
    "max_epochs": (100, 100),
    "patience": (3, 3),
    "tolerance": (0.0, 1e-4),
    "low_precision": (True, True),
}
# field: (Chen 2016 on microarrays, on RNA-seq)
DGEX = {
    "layers": (3, 2),
    "units": (9000, 9000),
    "dropout": (0.1, 0.25),
    "optimiser": ("momentum", "momentum"),
    "learning_rate": (None, None),
    "lr_decay": (0.9, 0.9),
    "min_learning_rate": (1e-5, 1e-5),
    "momentum": (0.5, 0.5),
    "later_rate": (3.0, 3.0),
    "weight_decay": (0.0, 0.0),
    "batch_size": (200, 200),
    "epochs": (200, 200),
    "monitored": (5000, 5000),
    "output_range": (1e-4, 1e-4),
    "low_precision": (False, False),
}
SETTINGS = {
    "cyclegan": (CYCLEGAN, CycleGANSettings(), AS_CODED_CYCLEGAN),
    "network": (NETWORK, NetworkSettings(), AS_CODED_NETWORK),
    "dgex": (DGEX, DGEXSettings(), DGEX_RNASEQ),
}


@pytest.mark.parametrize("method", SETTINGS)
def test_published_settings_field_by_field(method):
    fields, *both = SETTINGS[method]
    assert fields == {name: tuple(getattr(settings, name) for settings in both) for name in asdict(both[0])}


def test_the_rate_follows_the_architecture_unless_named():
    assert [DGEXSettings(layers=n).first_rate for n in (1, 2, 3)] == [5e-4, 3e-4, 3e-4]
    assert replace(DGEXSettings(), learning_rate=0.1).first_rate == 0.1
    assert DGEX_MODERN.optimiser == "adamw" and DGEX_MODERN.low_precision
