"""What a desk holds on a day in use: rows for every page, made through the desk's own functions.

`python -m tests.browser.filling` fills the desk of PASOKH_HOME, which has the sample company, and
prints what the addresses of the pages need, as JSON. Values are invented.
"""

PASSWORD = "tall-green-pond"
"""Everybody's."""
