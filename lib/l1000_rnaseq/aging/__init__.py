"""The ageing case study: GTEx age brackets compared tissue by tissue, and perturbations that reverse ageing."""
