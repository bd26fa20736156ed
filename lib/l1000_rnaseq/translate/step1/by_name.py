"""Every closed-form step 1 by name; all share `fit(x, y, wx, wy)` and `transform(x)`."""

from l1000_rnaseq.translate.step1.joint_quantile import JointQuantile, fit_joint_quantile
from l1000_rnaseq.translate.step1.per_gene import (
    Affine,
    QuantileMatch,
    fit_identity,
    fit_mean,
    fit_mean_variance,
    fit_quantile_match,
    fit_ratio,
)
from l1000_rnaseq.translate.step1.transport import JointAffine, fit_coral, fit_monge

STEP1 = {
    "mean": fit_mean,
    "identity": fit_identity,
    "ratio": fit_ratio,
    "mean_variance": fit_mean_variance,
    "quantile": fit_quantile_match,
    "joint_quantile": fit_joint_quantile,
    "coral": fit_coral,
    "monge": fit_monge,
}
CLOSED = (Affine, QuantileMatch, JointQuantile, JointAffine)
