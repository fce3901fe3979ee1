"""Measurements, each against what a person would do otherwise: `python -m benchmarks` (`make bench`)."""
