"""Settings of every way to learn a step; where a paper has the method, the defaults are that paper's."""

from dataclasses import dataclass

SHRINK = 0.9
"""Share of the correlations that the Monge map shrinks away, chosen on lineages held out in training."""


@dataclass(frozen=True)
class CalibratedSettings:
    """Step 1 as a Monge map, with a filter against noise and an offset per gene (not in the paper).

    Chosen on nine cell lines, each predicted by fits without it, and on held-out lineages (notebook 11).

    Attributes
    ----------
    shrink : float
        See `SHRINK`.
    prior : tuple of two floats
        The filter expects landmarks to be correlated. This is a mean of their correlation over cell lines, of
        that over RNA-seq samples within a source, and of none. The two numbers weigh the first two.
    noise : float
        Share of the error of translated landmarks that the filter takes off (0: none).
    error_prior : float
        Shrinks a landmark's error towards the mean of all: the mean counts as so many lines.
    offset_prior : float
        Shrinks a gene's offset towards 0: as if so many further lines had no offset.
    lineage_weight : float
        Weight of a lineage that both technologies measured, where a line has weight 1.
    ccle_weight : float
        Weight of a line of CCLE in the mean and covariance of the target, where a line of HPA has weight 1.
    """

    shrink: float = SHRINK
    prior: tuple[float, float] = (0.3, 0.2)
    noise: float = 0.5
    error_prior: float = 10.0
    offset_prior: float = 3.0
    lineage_weight: float = 0.4
    ccle_weight: float = 0.5


@dataclass(frozen=True)
class CycleGANSettings:
    """Step 1 of Jeon 2022 (Methods, "First step model").

    The paper says "two-layered" without naming the hidden width: 512, the width of the published code.
    """

    generator: str = "dense"
    hidden: tuple[int, ...] = (512,)
    discriminator_hidden: tuple[int, ...] = (512,)
    cycle_loss: str = "mse"
    lambda_cycle: float = 10.0
    lambda_identity: float = 10.0
    average_directions: bool = False  # the published code halves each sum over the two directions
    learning_rate: float = 2e-4
    weight_decay: float = 0.0
    lr_step: int | None = None  # divide the learning rate by 10 every so many epochs
    epochs: int = 100
    batch_size: int = 100
    replay_buffer: int = 0
    start_at_mean: bool = True  # see `networks.open_outputs`; the paper names no initialisation
    final_relu: bool = True  # of the dense generator; that of the code always ends in one
    unit: str = "log"  # or "centred", "standardised": by gene and side (see `fit_cyclegan`); ours, no paper's
    balance: bool = True  # draw batches by sample weight (line, plate, source) instead of uniformly
    low_precision: bool = True


AS_CODED_CYCLEGAN = CycleGANSettings(
    generator="residual",
    discriminator_hidden=(512, 512, 128),
    cycle_loss="smooth_l1",
    lambda_identity=0.0,
    average_directions=True,
    weight_decay=1e-5,
    lr_step=50,
    replay_buffer=50,
    start_at_mean=False,
)
CENTRED_CYCLEGAN = CycleGANSettings(final_relu=False, unit="centred")


@dataclass(frozen=True)
class AnchoredSettings:
    """Step 1 as a network that starts at the Monge map; ours, no paper has it.

    Attributes
    ----------
    anchor : float
        Penalty on the mean square of the correction, in standard deviations of the genes. The adversarial
        loss is of order 1.
    average : float
        Decay of the exponential moving average of the weights, which is what is kept.
    """

    hidden: tuple[int, ...] = (256,)
    discriminator_hidden: tuple[int, ...] = (256, 128)
    anchor: float = 30.0
    shrink: float = SHRINK
    learning_rate: float = 2e-4
    steps: int = 500
    batch_size: int = 256
    average: float = 0.995


@dataclass(frozen=True)
class NetworkSettings:
    """Step 2 of Jeon 2022 (Methods, "Second step model").

    The paper names no upper limit of epochs. Here it is 100; early stopping ends before.
    """

    hidden: tuple[int, ...] = (2048, 8162)
    predicts_landmarks: bool = False  # the published code puts the landmarks among its targets
    final_relu: bool = True
    start_at_mean: bool = True  # see `networks.open_outputs`
    learning_rate: float = 2e-4
    weight_decay: float = 0.0
    lr_step: int | None = None  # halve the learning rate every so many epochs
    batch_size: int = 100
    shuffle: bool = True
    max_epochs: int = 100
    patience: int = 3
    tolerance: float = 0.0
    low_precision: bool = True


AS_CODED_NETWORK = NetworkSettings(
    hidden=(2048, 4096, 8192),
    predicts_landmarks=True,
    weight_decay=1e-4,
    lr_step=10,
    shuffle=False,
    tolerance=1e-4,
)


@dataclass(frozen=True)
class DGEXSettings:
    """Step 2 as D-GEX; the defaults are the paper's D-GEX-10%-9000×3 (Chen 2016, 2.3, Table 1).

    The text leaves some settings to its Supplementary Table S1, which we do not have. They are taken from the
    published scripts: momentum 0.5, a threefold rate for the weights after the first layer, the rate of each
    architecture, and 5,000 samples to monitor the training error. One network predicts all targets. The paper
    trained two halves for want of GPU memory.

    Attributes
    ----------
    layers, units : int
        1 to 3 hidden layers of 3,000, 6,000 or 9,000 tanh units.
    dropout : float
        0, 0.1 or 0.25, of every hidden layer.
    optimiser : {"momentum", "adamw"}
        Equation 4 with the paper's learning-rate rule, or AdamW along one cycle (`optimiser.one_cycle`).
    learning_rate : float or None
        None: 5e-4 with one hidden layer, else 3e-4. The peak of the cycle with AdamW.
    later_rate : float
        Factor on the rate of the weights (not biases) after the first layer; momentum only.
    low_precision : bool
        bf16 where the hardware multiplies it.
    """

    layers: int = 3
    units: int = 9000
    dropout: float = 0.1
    optimiser: str = "momentum"
    learning_rate: float | None = None
    lr_decay: float = 0.9
    min_learning_rate: float = 1e-5
    momentum: float = 0.5
    later_rate: float = 3.0
    weight_decay: float = 0.0
    batch_size: int = 200
    epochs: int = 200
    monitored: int = 5000
    output_range: float = 1e-4
    low_precision: bool = False

    @property
    def first_rate(self) -> float:
        """Learning rate of the first epoch, or the peak of the cycle."""
        return self.learning_rate or (5e-4 if self.layers == 1 else 3e-4)


DGEX_RNASEQ = DGEXSettings(layers=2, dropout=0.25)  # the paper's best on RNA-seq, Table 2
DGEX_MODERN = DGEXSettings(
    layers=1,
    units=3000,
    dropout=0.25,
    optimiser="adamw",
    learning_rate=1e-3,
    weight_decay=0.01,
    epochs=40,
    low_precision=True,
)


@dataclass(frozen=True)
class RidgeSettings:
    """Step 2 as linear regression.

    Attributes
    ----------
    alphas : tuple of float
        Penalties to choose from by held-out series (see `linear.choose_alpha`); a single one is taken as is.
    rank : int or None
        Rank of the stored coefficient matrix.
    by_source : bool
        Learn from deviations from the mean of each source (pipeline, laboratory), HPA's among them, and pass
        through the mean of step 1's composition. Else plain regression on the count-based samples (paper).
    """

    alphas: tuple[float, ...] = (0.03, 0.1, 0.3, 1.0, 3.0)
    rank: int | None = 192
    by_source: bool = True


@dataclass(frozen=True)
class KernelSettings:
    """Step 2 as regression on a kernel, on deviations from the mean of each source like `by_source` above.

    Attributes
    ----------
    alpha, rank, n_centres, components, width
        See `kernel.fit_kernel`.
    """

    alpha: float = 1e-4
    rank: int | None = 192
    n_centres: int = 1024
    components: int = 256
    width: float = 3.0
    by_source: bool = True


@dataclass(frozen=True)
class ChangeSettings:
    """The model of changes (`change.fit`): a level map and what real perturbations correct in it.

    Chosen on files of contrasts, each held out in turn: `benchmarks/changes.py` prints the comparison. The
    result depends little on the penalties.

    Attributes
    ----------
    gain_penalty : float
        Of each gene's own gain, in units of a median gene's evidence.
    penalty, free_penalty : float
        Of the correction within the level map's patterns of genes and outside of them, in units of the
        contrasts' mean squared length.
    rank : int
        Of the stored map.
    """

    gain_penalty: float = 10.0
    penalty: float = 2.0
    free_penalty: float = 30.0
    rank: int = 192


@dataclass(frozen=True)
class BlendSettings:
    """Step 2 as the mean of three regressions on deviations from the mean of each source.

    A kernel on all samples, a ridge on all samples, and a ridge on cell lines alone, which is what L1000
    profiles are of. On lines and lineages that no fit has seen the mean is better than each (notebook 11).

    Attributes
    ----------
    alpha, n_centres, components, width
        Of the kernel; see `kernel.fit_kernel`.
    ridge_alpha, lines_alpha : float
        Penalties of the two ridges; see `blend.fit_blend`.
    rank : int
        Of the stored coefficients.
    """

    alpha: float = 1e-4
    n_centres: int = 1024
    components: int = 512
    width: float = 1.0
    ridge_alpha: float = 0.3
    lines_alpha: float = 0.2
    rank: int = 320
    by_source: bool = True
