"""The ageing case study: GTEx age brackets compared by tissue, and perturbations that reverse ageing."""
