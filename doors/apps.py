from django.apps import AppConfig


class DoorsConfig(AppConfig):
    name = "doors"

    def ready(self) -> None:
        from doors.leaving import on_erased, on_happened
        from doors.webhooks_out import tasks, telling  # noqa: F401  Celery learns its tasks
        from tickets.events import erased, happened

        erased.connect(on_erased, dispatch_uid="doors.leaving")
        happened.connect(on_happened, dispatch_uid="doors.leaving")
        happened.connect(telling.on_happened, dispatch_uid="doors.webhooks_out")
