"""All addresses; each part owns its own."""

from django.contrib.auth import views as auth
from django.urls import include, path

from runtime.views import live

urlpatterns = [
    path("", include("tickets.urls")),
    path("articles/", include("kb.urls")),
    path("models/", include("llm.urls")),
    path("training/", include("training.urls")),
    path("api/v1/", include("tickets.api.urls")),
    path("api/v1/", include("kb.api.urls")),
    path("live/", live, name="live"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("sign-in/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("sign-out/", auth.LogoutView.as_view(), name="logout"),
]
