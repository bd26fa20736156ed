"""Which perturbation made a profile: the classifier of Liu et al., and the query as its baseline."""
