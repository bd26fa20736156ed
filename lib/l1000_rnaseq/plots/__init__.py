"""Plotly figures: every function returns a Figure and shows nothing."""

from l1000_rnaseq.plots.aging import (
    comparison_volcano,
    count_curves,
    frequent_bars,
    reversal_scatter,
    samples_heatmap,
)
from l1000_rnaseq.plots.charts import (
    distribution_panels,
    distributions,
    gene_scatter,
    heatmap,
    lines,
    loss_curves,
    metric_bars,
    pca_scatter,
    violins,
)
from l1000_rnaseq.plots.classes import class_correlations, confusion_matrix, named_scatter
from l1000_rnaseq.plots.paper_grids import bridge, scatter_grid, violin_grid
from l1000_rnaseq.plots.style import PALETTE, TEMPLATE, finish
from l1000_rnaseq.plots.volcano import consensus_bars, volcano

__all__ = [
    "PALETTE",
    "TEMPLATE",
    "bridge",
    "class_correlations",
    "confusion_matrix",
    "comparison_volcano",
    "consensus_bars",
    "count_curves",
    "distribution_panels",
    "distributions",
    "finish",
    "frequent_bars",
    "gene_scatter",
    "heatmap",
    "lines",
    "loss_curves",
    "metric_bars",
    "named_scatter",
    "pca_scatter",
    "reversal_scatter",
    "samples_heatmap",
    "scatter_grid",
    "violin_grid",
    "violins",
    "volcano",
]
