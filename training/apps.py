from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"

    def ready(self) -> None:
        from people.roles import is_admin
        from runtime.live import guard
        from tickets.reporting import panels
        from training import forgetting, report_panel  # models are loaded by now

        guard("run", lambda user, _rest: is_admin(user))
        forgetting.connect()
        panels.add("training", report_panel.runs_panel)
