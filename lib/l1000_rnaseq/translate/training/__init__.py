"""From a data folder to a trained bundle."""
