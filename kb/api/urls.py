"""Addresses of the articles' API, below /api/v1/."""

from django.urls import path

from kb.api import views

urlpatterns = [
    path("search/", views.Search.as_view(), name="api-search"),
    path("articles/", views.ArticleList.as_view(), name="api-articles"),
    path("articles/<int:pk>/", views.ArticleDetail.as_view(), name="api-article"),
]
