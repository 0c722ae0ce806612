"""Addresses of the pages about training."""

from django.urls import path

from training.views import comparing, datasets, decisions, panel, runs

urlpatterns = [
    path("", runs.run_list, name="training"),
    path("start/", runs.run_start, name="training-start"),
    path("panel/", panel.panel, name="training-panel"),
    path("runs/<int:pk>/", runs.run_page, name="training-run"),
    path("runs/<int:pk>/losses.csv", runs.losses_csv, name="training-losses"),
    path("runs/<int:pk>/stop/", runs.run_stop, name="training-stop"),
    path("runs/<int:pk>/resume/", runs.run_resume, name="training-resume"),
    path("data-sets/", datasets.dataset_list, name="training-datasets"),
    path("data-sets/<int:pk>/", datasets.dataset, name="training-dataset"),
    path("decisions/", decisions.decision_list, name="training-decisions"),
    path("compare/", comparing.compare, name="training-compare"),
]
