"""Which perturbation made a profile: a classifier (Liu et al.), consensus signatures and connectivity."""
