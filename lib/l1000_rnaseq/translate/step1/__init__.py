"""Step 1: measured L1000 landmarks to RNA-seq-like landmarks."""
