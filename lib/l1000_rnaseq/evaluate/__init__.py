"""The benchmarks of the papers, one file a figure or table."""
