"""Which generation settings suit a version: what `manage.py sweep_generation` does.

Public entry: `training.sweeps.running.sweep`. `holdout` says what is answered, `scoring` how good a
draft is, `grid` which settings are tried and which go on, `kept` what an earlier run did already.
"""
