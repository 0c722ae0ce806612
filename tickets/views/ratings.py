"""The two tables of ratings, and their CSV."""

import csv
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from people.roles import agent_required
from tickets.reporting.figures import MARK
from tickets.reports import CSV_HEADER, csv_rows, rating_table, start_of_day


@require_safe
@agent_required
def ratings_page(request: HttpRequest) -> HttpResponse:
    """`?since=YYYY-MM-DD`. Template tickets/ratings.html:

    - `models`: list of ModelRatings by name: `.model`, `.counts` (ratings of 1, 2, 3, 4, 5 stars),
      `.total`, `.negative_pct` (1 and 2), `.positive_pct` (3, 4, 5), `.low`, `.high` (95% Wilson
      interval of the positive share); all in per cent with one decimal, None without ratings
    - `since`: date or None; `total`: number of ratings; `csv_query`: "" or "?since=…" for the link
    """
    since = _since(request)
    models = rating_table(since=start_of_day(since) if since else None)
    context = {
        "models": models,
        "since": since,
        "total": sum(model.total for model in models),
        "csv_query": f"?since={since.isoformat()}" if since else "",
    }
    return render(request, "tickets/ratings.html", context)


@require_safe
@agent_required
def ratings_csv(request: HttpRequest) -> HttpResponse:
    """The table as a file; cells that a spreadsheet would run are disarmed. The mark at its
    beginning tells Excel that it is UTF-8."""
    since = _since(request)
    models = rating_table(since=start_of_day(since) if since else None)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="ratings.csv"'
    response.write(MARK)
    writer = csv.writer(response)
    writer.writerow(CSV_HEADER)
    writer.writerows(csv_rows(models))
    return response


def _since(request: HttpRequest) -> date | None:
    try:
        return parse_date(request.GET.get("since", ""))
    except ValueError:  # well formed, but no date (2026-02-31)
        return None
