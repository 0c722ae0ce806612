"""Addresses of the article pages."""

from django.urls import path

from kb.views import articles, imports

urlpatterns = [
    path("", articles.article_list, name="articles"),
    path("<int:pk>/", articles.article, name="article"),
    path("import/", imports.import_articles, name="import"),
    path("import/<int:pk>/", imports.import_run, name="import-run"),
]
