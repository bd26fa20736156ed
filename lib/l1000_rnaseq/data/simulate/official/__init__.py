"""A data folder with the formats and names of the official sources, at any share of their size."""
