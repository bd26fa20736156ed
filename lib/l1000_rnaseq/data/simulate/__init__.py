"""A data folder with planted truth, made offline from one seed."""
