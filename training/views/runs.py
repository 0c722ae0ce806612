"""Runs at the desk: all of them, one with its losses, starting, stopping and going on."""

import csv

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from people.audit import note
from people.roles import admin_required, signed_in
from runtime.errors import InputError
from runtime.jobs import OPEN
from training.decisions import decisions
from training.forms import StartForm
from training.models import TrainingRun, training_runs
from training.recipes import load_recipe
from training.runs import run_folder, running
from training.runs.curves import curve_of, read_losses
from training.runs.folders import LOG

PER_PAGE = 30
CSV_HEADER = ("step", "loss", "mean", "evaluation", "tokens", "seconds")


@require_safe
@never_cache
@admin_required
def run_list(request: HttpRequest) -> HttpResponse:
    """Template training/run_list.html: `page_obj` of TrainingRuns, the last first; `is_open`
    whether one waits or goes on. htmx gets the table alone."""
    rows = TrainingRun.objects.select_related("version", "started_by").defer("config", "metrics")
    context = {
        "page_obj": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "going_on": TrainingRun.objects.filter(state__in=OPEN).order_by("pk").first(),
    }
    return render(request, "training/run_list.html", context)


@require_safe
@never_cache
@admin_required
def run_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Template training/run.html (htmx: training/_run_progress.html): `run`; `curve` (Curve or
    None); `decisions` about it; `may_go_on`; `is_open`; `live`: its version, to compare with."""
    rows = TrainingRun.objects.select_related("version", "started_by", "dataset", "holdout")
    run = get_object_or_404(rows, pk=pk)
    found = list(decisions().filter(run=run))
    context = {
        "run": run,
        "is_open": run.state in OPEN,
        "may_go_on": running.may_go_on(run),
        "curve": curve_of(read_losses(run_folder(run) / LOG), total=run.total),
        "decisions": found,
        "against": next((one.against for one in found if one.against), None),
    }
    fragment = bool(getattr(request, "htmx", False))
    return render(
        request, "training/_run_progress.html" if fragment else "training/run.html", context
    )


@require_safe
@admin_required
def losses_csv(request: HttpRequest, pk: int) -> HttpResponse:
    """Every step of the run: numbers alone, so no cell can be a formula."""
    run = get_object_or_404(TrainingRun, pk=pk)
    losses = read_losses(run_folder(run) / LOG)
    evaluations = dict(losses.evaluations)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="run-{run.pk}-losses.csv"'
    writer = csv.writer(response)
    writer.writerow(CSV_HEADER)
    for step, loss, mean, tokens, seconds in losses.steps:
        writer.writerow((step, loss, mean, evaluations.get(step, ""), tokens, seconds))
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@admin_required
def run_start(request: HttpRequest) -> HttpResponse:
    """Template training/start.html: `form`, `going_on`. POST queues a run and goes to its page."""
    form = StartForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            run = running.queue(
                load_recipe(given["recipe"]),
                by=signed_in(request.user),
                slot=given["slot"],
                max_minutes=given["max_minutes"] or 0,
                data=given["source"],
            )
        except InputError as error:
            form.add_error(None, str(error))
        else:
            note(signed_in(request.user), "training.started", f"run {run.pk}", slot=given["slot"])
            return redirect("training-run", pk=run.pk)
    context = {
        "form": form,
        "going_on": TrainingRun.objects.filter(state__in=OPEN).order_by("pk").first(),
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "training/start.html", context, status=status)


@require_POST
@admin_required
def run_stop(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(TrainingRun, pk=pk)
    training_runs.ask_to_stop(run.pk)
    note(signed_in(request.user), "training.stopped", f"run {run.pk}")
    return redirect("training-run", pk=run.pk)


@require_POST
@admin_required
def run_resume(request: HttpRequest, pk: int) -> HttpResponse:
    """A stopped or failed run goes on from its last checkpoint."""
    run = get_object_or_404(TrainingRun, pk=pk)
    try:
        if not running.may_go_on(run):
            raise running.CannotGoOn(_("This run cannot go on: start a new one."))
        running.go_on(run, by=signed_in(request.user))
        note(signed_in(request.user), "training.resumed", f"run {run.pk}")
    except InputError as error:
        messages.error(request, str(error))
    return redirect("training-run", pk=run.pk)
