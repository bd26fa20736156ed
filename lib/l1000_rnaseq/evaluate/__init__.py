"""Fair splits and metrics: what every benchmark of the project is measured with."""
