"""Run inside of a desk's home: see the package."""

import json
import os
import sys

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from tests.browser.filling import admins, tickets, training, weeks

    people = tickets.make_people()
    known = tickets.fill(people)
    known |= weeks.fill(people)
    known |= admins.fill(people)
    known |= training.fill(people)
    json.dump(known, sys.stdout)


if __name__ == "__main__":
    main()
