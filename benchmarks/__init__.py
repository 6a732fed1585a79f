"""Benchmarks: what the platform costs against the simplest thing that does the same. Not part of the tests."""
