"""How much of the long tests is run.

`make test` takes ten minutes at most, so the longest walk fewer tickets and fewer views there;
`CI=true` has them whole.
"""

import os

WHOLE = os.environ.get("CI", "").lower() in ("1", "true", "yes")
