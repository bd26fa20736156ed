"""The perturbation classifier of Liu et al.: an ensemble of deep networks, and softmax regression."""

from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from l1000_rnaseq.translate.training.on_gpu import batch, place
from l1000_rnaseq.translate.training.torch_loop import (
    choose_device,
    low_precision,
    run_epochs,
    seeded,
    seeded_initialisation,
)


@dataclass(frozen=True)
class ClassifierSettings:
    """Classifier settings; the defaults are the paper's (Methods, "Neural network model").

    Attributes
    ----------
    hidden : tuple of int
        ELU units of each layer; none: softmax regression.
    l2 : float
        Penalty l2 · ‖W‖² of every weight matrix, not of biases, as TensorFlow's regulariser has it.
    members : int
        Networks of different initialisation whose probabilities are averaged.
    balanced : bool
        Weigh samples so that each class counts the same; the paper does not.
    """

    hidden: tuple[int, ...] = (5000, 2000, 500, 1000, 2000)
    dropout: float = 0.1
    learning_rate: float = 1e-4
    l2: float = 1e-4
    batch_size: int = 128
    epochs: int = 100
    members: int = 5
    balanced: bool = False
    low_precision: bool = True


SOFTMAX = ClassifierSettings(hidden=(), dropout=0.0, members=1)  # "baseline model with only one output layer"


def build_classifier(n_genes: int, n_classes: int, settings: ClassifierSettings) -> nn.Sequential:
    """Stack linear layers with ELU and dropout after each hidden one; weights Glorot, biases 0."""
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise((n_genes, *settings.hidden)):
        layers += [nn.Linear(n_in, n_out), nn.ELU(), nn.Dropout(settings.dropout)]
    layers.append(nn.Linear((n_genes, *settings.hidden)[-1], n_classes))
    for layer in layers:
        if isinstance(layer, nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    return nn.Sequential(*layers)


@dataclass(frozen=True)
class Classifier:
    """A trained ensemble.

    Attributes
    ----------
    genes, classes : list of str
    members : list of Module
    history : DataFrame, (member, epoch) × (loss, valid)
        Mean training loss without the penalty, and rank-1 accuracy on the validation samples (NaN: none).
    """

    genes: list[str]
    classes: list[str]
    members: list[nn.Module]
    history: pd.DataFrame

    def predict(self, profiles: pd.DataFrame, size: int = 1000) -> pd.DataFrame:
        """Return the probability of each class, averaged over the members.

        Parameters
        ----------
        profiles : DataFrame, samples × genes, z-scores, as trained on; further genes are ignored.
        size : int
            Samples at a time.

        Returns
        -------
        DataFrame, samples × classes, rows adding up to 1.

        Raises
        ------
        ValueError
            A gene is missing, or a value not finite.
        """
        lacking = [gene for gene in self.genes if gene not in profiles.columns]
        if lacking:
            raise ValueError(f"{len(lacking)} genes of the classifier are missing: {', '.join(lacking[:5])}.")
        x = _finite(profiles[self.genes].to_numpy(np.float32))
        total = np.zeros((len(x), len(self.classes)))
        with torch.inference_mode():
            for start in range(0, len(x), size):
                part = batch(x, np.arange(start, min(start + size, len(x))), torch.device("cpu"))
                for net in self.members:
                    total[start : start + size] += torch.softmax(net.eval()(part), dim=1).numpy()
        return pd.DataFrame(total / len(self.members), profiles.index, self.classes)


def fit_classifier(
    profiles: pd.DataFrame,
    labels: pd.Series,
    settings: ClassifierSettings | None = None,
    seed: int = 0,
    valid: tuple[pd.DataFrame, pd.Series] | None = None,
    device: str = "auto",
    checkpoint: Path | None = None,
    progress: bool = True,
) -> Classifier:
    """Train the classifier on labelled profiles.

    Parameters
    ----------
    profiles : DataFrame, samples × genes
        z-scores (the paper: Level 4, against the plate).
    labels : Series, samples
    settings : ClassifierSettings, optional
        The paper's network (when absent), `SOFTMAX`, or your own.
    seed : int
        Fixes initialisation, dropout and batches of every member.
    valid : (profiles, labels), optional
        Watched only, as in the paper: nothing is chosen by it.
    device, checkpoint, progress
        As in `cyclegan.fit_cyclegan`; each member writes a checkpoint of its own, with its number appended.

    Returns
    -------
    Classifier

    Raises
    ------
    ValueError
        Another number of labels, fewer than two classes, values that are not finite, unknown validation
        classes.
    """
    settings = settings or ClassifierSettings()
    if len(profiles) != len(labels):
        raise ValueError(f"{len(profiles)} profiles and {len(labels)} labels; expected as many.")
    classes, target = np.unique(labels.to_numpy(str), return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"all {len(labels)} samples are of one class; expected at least two.")
    x, device_ = _finite(profiles.to_numpy(np.float32)), choose_device(device)
    watched = None
    if valid is not None:
        number = pd.Index(classes).get_indexer(valid[1].to_numpy(str))
        if (number < 0).any():
            raise ValueError(
                f"{(number < 0).sum()} validation samples are of classes that are not trained on."
            )
        watched = (_finite(valid[0][profiles.columns].to_numpy(np.float32)), number)
    sizes = np.bincount(target)
    weights = len(target) / (len(sizes) * sizes) if settings.balanced else np.ones(len(sizes))
    weights = torch.tensor(weights, dtype=torch.float32, device=device_)
    identity = ([asdict(settings), seed, classes.tolist()], x, target, *(watched or ()))
    (placed,) = place(x, device=device_)
    members, histories = [], {}
    for member in range(settings.members):
        first_seed = (seed + 1) * 1_000_003 + member * 10_007
        with seeded_initialisation(first_seed):
            net = build_classifier(x.shape[1], len(classes), settings).to(device_)
        optimiser = _optimiser(net, settings)

        def epoch(
            history: list[dict], net=net, optimiser=optimiser, first_seed=first_seed
        ) -> dict[str, float]:
            epoch_seed = first_seed + len(history) + 1  # resumed or not, an epoch draws the same
            loss = _epoch(net, optimiser, placed, target, weights, settings, epoch_seed, device_)
            return {"loss": loss, "valid": _accuracy(net, *watched, settings, device_) if watched else np.nan}

        histories[member] = run_epochs(
            epoch,
            [net, optimiser],
            settings.epochs,
            f"network {member + 1} of {settings.members}",
            checkpoint=checkpoint and Path(f"{checkpoint}.{member}"),
            identity=identity,
            progress=progress,
        )
        members.append(net.cpu().eval())
    history = pd.concat(histories, names=["member"]).reset_index("member").set_index(["member", "epoch"])
    return Classifier(list(profiles.columns), classes.tolist(), members, history)


def _optimiser(net: nn.Module, settings: ClassifierSettings) -> torch.optim.Adam:
    matrices = [value for value in net.parameters() if value.ndim == 2]
    biases = [value for value in net.parameters() if value.ndim == 1]
    groups = [{"params": matrices, "weight_decay": 2 * settings.l2}, {"params": biases, "weight_decay": 0.0}]
    return torch.optim.Adam(groups, settings.learning_rate, fused=True)


def _epoch(net, optimiser, x, target, weights, settings: ClassifierSettings, seed: int, device) -> float:
    net.train()
    order = torch.randperm(len(x), generator=seeded(seed)).numpy()
    total = torch.zeros((), dtype=torch.float64, device=device)
    with seeded_initialisation(seed):
        for start in range(0, len(x), settings.batch_size):
            rows = order[start : start + settings.batch_size]
            a, b = batch(x, rows, device), torch.from_numpy(target[rows]).to(device)
            with low_precision(device, settings.low_precision):
                scores = net(a)
            each = nn.functional.cross_entropy(scores.float(), b, reduction="none")
            loss = (each * weights[b]).mean()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            total += loss.detach() * len(rows)
    return total.item() / len(x)


def _accuracy(net, x, target, settings: ClassifierSettings, device) -> float:
    net.eval()
    with torch.inference_mode(), low_precision(device, settings.low_precision):
        parts = [
            net(batch(x, np.arange(a, min(a + 1000, len(x))), device)).argmax(1).cpu()
            for a in range(0, len(x), 1000)
        ]
    return float((torch.cat(parts).numpy() == target).mean())


def _finite(x: np.ndarray) -> np.ndarray:
    if not np.isfinite(x).all():
        raise ValueError("profiles have NaN or infinite values; impute or drop them first.")
    return x
