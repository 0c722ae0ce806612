from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "people"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_out

        from people import sessions
        from people.signals import sees_less

        sees_less.connect(sessions.on_sees_less, dispatch_uid="people.sessions")
        user_logged_out.connect(sessions.on_signed_out, dispatch_uid="people.sessions")
