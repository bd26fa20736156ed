"""Does the paper's step 1 work with as many profiles as the paper had? Simulated profiles, planted pairs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.simulate.biology import World, log2_cpm, make_world
from l1000_rnaseq.data.simulate.l1000 import Beads, make_beads
from l1000_rnaseq.data.simulate.rnaseq import counts
from l1000_rnaseq.stats.metrics import gene_metrics, sample_metrics
from l1000_rnaseq.translate.presets import PRESETS
from l1000_rnaseq.translate.step1.by_name import STEP1
from l1000_rnaseq.translate.step1.cyclegan import fit_cyclegan

MEASURED = Path(__file__).parents[1] / "assets" / "learning_curve.tsv"
"""What `benchmarks/learning_curve.py` measured: see `measured_curve`."""
CLOSED = ("mean", "ratio", "mean_variance", "monge")
NETWORKS = ("as_published", "as_coded")

_LINEAR = {"final_relu": False}
VARIANTS = {
    "as_published": ("as_published", {}),
    "as_published, 5 times as long": ("as_published", {"epochs": 500}),
    "as_published, learning rate 0.001": ("as_published", {"learning_rate": 1e-3}),
    "as_published, no identity loss": ("as_published", {"lambda_identity": 0.0}),
    "as_published, both losses times 0.1": ("as_published", {"lambda_identity": 1.0, "lambda_cycle": 1.0}),
    "as_published, random start": ("as_published", {"start_at_mean": False}),
    "as_published, replay buffer": ("as_published", {"replay_buffer": 50}),
    "as_published, no final ReLU": ("as_published", _LINEAR),
    "as_published, centred": ("cyclegan_centred", {}),
    "as_published, centred, no identity loss": ("cyclegan_centred", {"lambda_identity": 0.0}),
    "as_published, standardised": ("cyclegan_centred", {"unit": "standardised"}),
    "as_published, standardised, no identity loss": (
        "cyclegan_centred",
        {"unit": "standardised", "lambda_identity": 0.0},
    ),
    "as_coded": ("as_coded", {}),
    "as_coded, with identity loss": ("as_coded", {"lambda_identity": 10.0}),
    "as_coded, starts at the mean": ("as_coded", {"start_at_mean": True}),
    "as_coded, dense generator": ("as_coded", {"generator": "dense"}),
}
"""What may be wrong with a network, one at a time: the preset, and what of its step 1 is changed."""
N_FURTHER, N_LATENT = 120, 40
N_STATES = 300
"""Cell lines and tissues that profiles are drawn from."""
N_PAIRS = 200
NOISE = 0.3
"""Noise of a well, log2 intensity."""


@dataclass(frozen=True)
class Unpaired:
    """Profiles of both technologies, of different samples; landmarks only.

    Attributes
    ----------
    x, y : array, samples × landmarks
        Log2 intensity; log2(CPM+1).
    pairs_x, pairs_y : array, pairs × landmarks
        Samples of states that neither side has: measured by L1000, and their true log2(CPM+1).
    """

    x: np.ndarray
    y: np.ndarray
    pairs_x: np.ndarray
    pairs_y: np.ndarray


def simulate_unpaired(n: int, seed: int = 0, balanced: bool = True) -> Unpaired:
    """Draw n profiles of each technology, with the measurement model of `simulate`.

    Parameters
    ----------
    n : int
    seed : int
    balanced : bool
        Both sides have the same states, each as often. Otherwise each side has states of its own, and some
        of them are much more frequent than others.

    Returns
    -------
    Unpaired

    Examples
    --------
    >>> simulate_unpaired(50).x.shape
    (50, 978)
    """
    rng = np.random.default_rng([seed, 1])
    world = make_world(N_FURTHER, N_LATENT, rng)
    beads = make_beads(world, 4, 0.1, rng)
    states = rng.normal(0, 1, (2 * N_STATES, N_LATENT))
    own = rng.normal(0, 0.3, (2 * N_STATES, len(world.mean)))
    unseen = rng.normal(0, 1, (N_PAIRS, N_LATENT)), rng.normal(0, 0.3, (N_PAIRS, len(world.mean)))
    if balanced:
        of_x = of_y = np.arange(N_STATES)
        share = np.ones(N_STATES)
    else:
        of_x, of_y = np.arange(N_STATES), np.arange(N_STATES, 2 * N_STATES)
        share = 0.97 ** np.arange(N_STATES)
    share = share / share.sum()
    x = _profiles(world, states[of_x], own[of_x], rng.choice(N_STATES, n, p=share), rng)
    y = _profiles(world, states[of_y], own[of_y], rng.choice(N_STATES, n, p=share), rng)
    pairs = _profiles(world, *unseen, np.arange(N_PAIRS), rng)
    return Unpaired(
        _by_l1000(world, beads, x, rng),
        _by_rnaseq(world, y, rng),
        _by_l1000(world, beads, pairs, rng),
        log2_cpm(pairs)[:, world.is_landmark].astype(np.float32),
    )


def _profiles(world: World, latent: np.ndarray, own: np.ndarray, drawn: np.ndarray, rng) -> np.ndarray:
    """Log2 abundance (samples, genes) of samples that vary about the states drawn."""
    moved = latent[drawn] + rng.normal(0, 0.3, (len(drawn), latent.shape[1]))
    noise = rng.normal(0, 0.15, (len(drawn), len(world.mean)))
    return (world.mean + moved @ world.loadings.T + own[drawn] + noise).astype(np.float32)


def _by_l1000(world: World, beads: Beads, abundance: np.ndarray, rng) -> np.ndarray:
    return beads.read(log2_cpm(abundance)[:, world.is_landmark], rng, NOISE)


def _by_rnaseq(world: World, abundance: np.ndarray, rng) -> np.ndarray:
    reads = counts(abundance, np.full(len(abundance), 2e7), rng)
    cpm = reads / reads.sum(axis=1, keepdims=True) * 1e6
    return np.log2(cpm[:, world.is_landmark] + 1).astype(np.float32)


def learning_curve(
    sizes: Sequence[int],
    seeds: Sequence[int] = (0, 1, 2),
    networks: Sequence[str] = NETWORKS,
    balanced: bool = True,
    epochs: int | None = None,
    progress: bool = True,
    **options,
) -> pd.DataFrame:
    """Train every step 1 on more and more unpaired profiles; score it on planted pairs of unseen states.

    Parameters
    ----------
    sizes : sequence of int
        Profiles of each technology.
    seeds : sequence of int
        Of profiles and networks.
    networks : sequence of str
        Of `VARIANTS`. Those of `as_coded` train on log10(CPM+1), as the code has it.
    balanced : bool
        See `simulate_unpaired`.
    epochs : int, optional
        The variant's when absent. An epoch is as many batches of 100 as the profiles make.
    progress : bool
    **options
        `device`, `checkpoint` of `fit_cyclegan`.

    Returns
    -------
    DataFrame, one row for each method, size and seed
        method, profiles, seed, balanced; pcc: of a pair, mean over pairs. centred_pcc: the same without the
        mean of the RNA-seq training profiles. gene_pcc: over the pairs, mean over genes. rmse: log2(CPM+1).
        spread: standard deviation of a gene over the translated pairs, divided by that of the truth.

    Examples
    --------
    >>> table = learning_curve([60], seeds=[0], networks=())
    >>> table.set_index("method")["centred_pcc"].idxmax()
    'monge'
    """
    rows = []
    for size in sizes:
        for seed in seeds:
            data = simulate_unpaired(size, seed, balanced)
            about = {"profiles": size, "seed": seed, "balanced": balanced}
            for name in CLOSED:
                step = STEP1[name](data.x, data.y, None, None)
                rows.append({"method": name, **about, **score(data, step.transform(data.pairs_x))})
            for name in networks:
                translated = _by_network(data, name, seed, epochs, progress, **options)
                rows.append({"method": name, **about, **score(data, translated)})
    return pd.DataFrame(rows)


def measured_curve() -> pd.DataFrame:
    """Return the table that `benchmarks/learning_curve.py` made in hours.

    Returns
    -------
    DataFrame
        As of `learning_curve`, and device: cpu, or cuda where a GPU trained the network.

    Examples
    --------
    >>> bool((measured_curve()["method"] == "as_published").any())
    True
    """
    return pd.read_csv(MEASURED, sep="\t")


def curve_table(curve: pd.DataFrame, metric: str = "centred_pcc") -> pd.DataFrame:
    """Put a learning curve into a table for reading.

    Parameters
    ----------
    curve : DataFrame
        As of `learning_curve`, of balanced or of unbalanced sides.
    metric : str

    Returns
    -------
    DataFrame of str, methods × profiles
        The median over the seeds; where they are several, also the least and the largest.

    Examples
    --------
    >>> two = pd.DataFrame({"method": "ratio", "profiles": 10, "seed": [0, 1, 2], "rmse": [1.0, 3.0, 2.0]})
    >>> curve_table(two, "rmse").loc["ratio", "10"]
    '2.00 (1.00 to 3.00)'
    """

    def show(values: pd.Series) -> str:
        ends = f" ({values.min():.2f} to {values.max():.2f})" if len(values) > 1 else ""
        return f"{values.median():.2f}{ends}".replace("-0.00", "0.00")

    table = curve.pivot_table(metric, "method", "profiles", aggfunc=show).fillna("–")
    return table.rename(columns="{:,}".format).rename_axis(columns=None)


def _by_network(data: Unpaired, variant: str, seed: int, epochs: int | None, progress: bool, **options):
    """Train a network on unpaired profiles; return the pairs, translated (pairs × landmarks, log2(CPM+1))."""
    name, changed = VARIANTS[variant]
    settings = replace(PRESETS[name].step1, **changed)
    settings = replace(settings, epochs=epochs or settings.epochs)
    log2 = np.log2(PRESETS[name].log_base)  # log2(CPM+1) = log2(base) × log(CPM+1)
    fitted = fit_cyclegan(data.x, data.y / log2, settings=settings, seed=seed, progress=progress, **options)
    return fitted.step.transform(data.pairs_x) * log2


def score(data: Unpaired, translated: np.ndarray) -> dict[str, float]:
    """Compare translated pairs with the truth (see `learning_curve`)."""
    samples = sample_metrics(data.pairs_y, translated, data.y.mean(axis=0))
    genes = gene_metrics(data.pairs_y, translated)
    of_samples = samples[["pcc", "centred_pcc", "rmse"]].mean().fillna(0.0).to_dict()
    return of_samples | {"gene_pcc": float(genes["pcc"].mean()), "spread": float(genes["sd_ratio"].mean())}
