"""What the desk's figures say: ratings, replies, versions against each other, what drafts cost.

`scope` reads what somebody asks about and may see; `ratings`, `replies`, `pairs` and `costs` ask
PostgreSQL, each once however many rows there are; `pages` puts the figures of a page together, each
with its chart (`runtime.charting`) and the table behind it. Everything is limited to the tickets
that the reader may see (`tickets.access`).
"""
