"""`python -m training.comparing FOLDER`: the process in which one recipe is trained and measured.

Started by `training.comparing.running`; it needs no database.
"""

import sys
from pathlib import Path

import django


def main() -> None:
    django.setup()
    from training.comparing.work import carry_out

    sys.exit(carry_out(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
