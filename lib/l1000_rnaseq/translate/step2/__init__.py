"""Step 2: RNA-seq-like landmarks to the whole genome."""
