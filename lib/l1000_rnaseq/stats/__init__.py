"""Metrics, splits, ranks and enrichment; imports nothing else of the library."""
