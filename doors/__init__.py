"""Doors to other programs: mailboxes, other help desks, and webhooks that tell what happened.

A door takes customers' messages in through `tickets.intake` and the sent replies out; it knows
nothing that the desk does not. Each kind is a package of its own.
"""
