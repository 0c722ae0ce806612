"""The model page's address."""

from django.urls import path

from llm.views import models_page

urlpatterns = [path("", models_page, name="models")]
