"""Benchmarks: `python -m bench.NAME [--json]`; each says what it is held against."""
