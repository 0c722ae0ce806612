"""The desk of `bench.circle`: agents with a fixed taste, their days, and what is reported."""
