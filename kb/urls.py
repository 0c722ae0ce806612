"""Addresses of the article pages."""

from django.urls import path

from kb.views import articles, coverage, editing, imports, playground, sources

urlpatterns = [
    path("", articles.article_list, name="articles"),
    path("<int:pk>/", articles.article, name="article"),
    path("new/", editing.article_new, name="article-new"),
    path("preview/", editing.article_preview, name="article-preview"),
    path("<int:pk>/edit/", editing.article_edit, name="article-edit"),
    path("<int:pk>/history/", editing.article_history, name="article-history"),
    path(
        "<int:pk>/history/<int:revision_pk>/restore/",
        editing.article_restore,
        name="article-restore",
    ),
    path("<int:pk>/follow/", editing.article_follow, name="article-follow"),
    path("playground/", playground.playground, name="playground"),
    path("coverage/", coverage.coverage_list, name="coverage"),
    path("coverage/change/", coverage.coverage_change, name="coverage-change"),
    path("import/", imports.import_articles, name="import"),
    path("import/web/", imports.import_web, name="import-web"),
    path("import/<int:pk>/", imports.import_run, name="import-run"),
    path("import/<int:pk>/stop/", imports.import_stop, name="import-stop"),
    path("import/<int:pk>/continue/", imports.import_continue, name="import-continue"),
    path("imports/", imports.import_list, name="imports"),
    path("sources/", sources.source_list, name="sources"),
    path("sources/<int:pk>/", sources.source, name="source"),
    path("sources/<int:pk>/refresh/", sources.source_refresh, name="source-refresh"),
    path("sources/<int:pk>/schedule/", sources.source_schedule, name="source-schedule"),
    path("sources/<int:pk>/archive/", sources.source_archive, name="source-archive"),
]
