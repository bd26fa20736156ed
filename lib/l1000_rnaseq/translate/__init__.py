"""L1000 landmark profiles → RNA-seq-like landmarks (step 1) → RNA-seq-like genome (step 2)."""
