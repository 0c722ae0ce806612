"""Data sets, recipes, methods, runs, evaluation: what learns from tickets."""
