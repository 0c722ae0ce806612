from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"

    def ready(self) -> None:
        from tickets.reporting import panels
        from training import forgetting, report_panel  # models are loaded by now

        forgetting.connect()
        panels.add("training", report_panel.runs_panel)
