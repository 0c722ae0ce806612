"""Addresses of the article pages."""

from django.urls import path

from kb import views

urlpatterns = [
    path("", views.article_list, name="articles"),
    path("<int:pk>/", views.article, name="article"),
    path("import/", views.import_articles, name="import"),
    path("import/<int:pk>/", views.import_run, name="import-run"),
]
