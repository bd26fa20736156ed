"""Each statistic once: metrics, splits, ranks, correlations, running sums, variances, p-values."""
