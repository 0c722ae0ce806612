"""Webhooks out: other programs are told what happens to tickets, signed as Standard Webhooks.

- `telling`: writes a row for each endpoint in the transaction of what happened.
- `delivering`: brings the rows there, again and again for more than a day.
- `endpoints`: making, changing, switching off; the keys.
- `views`, `api`: the pages and the API of admins, with the log.

What goes out: ids, kinds and states, never a word of anybody. See docs/api.md.
"""
