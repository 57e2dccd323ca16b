"""Benchmarks: never part of the test run; see README.md here."""
