from django.apps import AppConfig


class KbConfig(AppConfig):
    name = "kb"

    def ready(self) -> None:
        from people.roles import is_admin
        from runtime.live import guard

        guard("import", lambda user, _rest: is_admin(user))
