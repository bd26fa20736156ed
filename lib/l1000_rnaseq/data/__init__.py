"""Read and write the field's files, and make a data folder (simulated or fetched)."""
