from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TicketsConfig(AppConfig):
    name = "tickets"

    def ready(self) -> None:
        from people.roles import is_admin, is_agent
        from people.signals import sees_less
        from runtime.live import guard
        from tickets.assigning import on_sees_less

        sees_less.connect(on_sees_less, dispatch_uid="tickets.assigning")
        post_migrate.connect(_let_admins_reveal, sender=self)
        guard("ticket", _may_see_ticket)
        guard("inbox", lambda user, _rest: is_agent(user))
        guard("ticket-import", lambda user, _rest: is_admin(user))


def _may_see_ticket(user: Any, number: str) -> bool:
    from people.roles import is_agent
    from tickets.access import tickets_of

    if not is_agent(user) or not (number.isascii() and number.isdigit() and len(number) <= 18):
        return False
    return tickets_of(user).filter(pk=int(number)).exists()


def _let_admins_reveal(*, plan: list[Any] | None = None, **_signal: Any) -> None:
    """Admins begin with the permission to see personal values. Only a group that is new, or older
    than the permission, gets it: a desk that takes it from its admins keeps it so."""
    from django.contrib.auth.models import Group, Permission

    from people.roles import ADMIN

    group, is_new = Group.objects.get_or_create(name=ADMIN)
    applied = [(migration.app_label, migration.name) for migration, _backwards in plan or ()]
    if is_new or ("tickets", "0002_privacy") in applied:
        group.permissions.add(
            *Permission.objects.filter(content_type__app_label="tickets", codename="reveal_values")
        )
