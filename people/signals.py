"""What other parts hear of people: `sees_less`."""

from django.dispatch import Signal

sees_less = Signal()
"""Sent with `user` and `by` (None: a command) inside the transaction in which somebody was switched
off, left a team or lost a role."""
