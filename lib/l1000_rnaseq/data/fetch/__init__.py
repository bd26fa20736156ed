"""Official datasets: the manifest, and downloads that resume and are verified."""
