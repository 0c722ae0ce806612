"""Every page of the desk, by the name of its route: `PAGES`; what is no page: `NO_PAGES`.

An address may hold `{name}` of what `tests.browser.filling` made. A route that stands in neither
table fails tests/browser/test_pages.py.
"""

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Page:
    """`title` is short and for people: it names the page's picture. `who` sees it: "" is nobody."""

    title: str
    address: str
    who: str = "mina"
    status: int = 200

    def path(self, known: dict[str, Any], lang: str) -> str:
        ticket = known.get("ticket", {}).get(lang, "")
        return self.address.format(**known | {"ticket": ticket})


def page(title: str, address: str, **more: Any) -> Page:
    return Page(title, address, **more)


OUTSIDE: Final[dict[str, list[Page]]] = {
    "login": [page("sign-in", "/sign-in/", who="")],
    "second-step": [page("second-step", "/sign-in/second-step/", who="nika")],
    "password-reset": [page("forgotten-password", "/sign-in/forgotten/", who="")],
    "password-reset-confirm": [
        page("new-password", "{new_password}", who=""),
        page("new-password-refused", "/sign-in/new-password/MQ/none/", who=""),
    ],
    "invitation": [
        page("invitation", "/sign-in/invitation/{invitation}/", who=""),
        page("invitation-refused", "/sign-in/invitation/none/", who="", status=404),
    ],
}
DESK: Final[dict[str, list[Page]]] = {
    "inbox": [
        page("inbox", "/"),
        page("inbox-all", "/?state=all&sort=newest"),
        page("inbox-nothing-found", "/?priority=0", who="sara"),
    ],
    "ticket-new": [page("ticket-new", "/tickets/new/")],
    "ticket": [
        page("ticket", "/tickets/{ticket}/", who="sara"),
        page("ticket-rated", "/tickets/{rated_ticket}/", who="sara"),
        page("ticket-without-drafts", "/tickets/{new_ticket}/"),
        page("ticket-answered", "/tickets/{answered_ticket}/"),
        page("nothing-here", "/tickets/999999/", status=404),
    ],
    "ticket-mask": [page("ticket-mask", "/tickets/{ticket}/mask/")],
    "canned-replies": [page("canned-replies", "/canned/")],
    "canned-new": [page("canned-reply-new", "/canned/new/")],
    "canned-edit": [page("canned-reply", "/canned/{canned}/")],
    "my-figures": [page("my-figures", "/my-figures/", who="sara")],
    "ratings": [page("ratings", "/ratings/", who="sara")],
    "account": [page("account", "/account/", who="sara")],
    "password": [page("password", "/account/password/")],
    "second-factor": [page("second-factor", "/account/second-factor/")],
    "tokens": [page("tokens", "/tokens/")],
    "api-docs": [page("api-docs", "/api/docs/")],
}
KNOWLEDGE: Final[dict[str, list[Page]]] = {
    "articles": [
        page("articles", "/articles/"),
        page("articles-found", "/articles/?q=%D8%AF%D8%A7%D9%85%D9%86%D9%87", who="sara"),
    ],
    "article": [page("article", "/articles/{article}/")],
    "article-new": [page("article-new", "/articles/new/")],
    "article-edit": [page("article-edit", "/articles/{article}/edit/")],
    "article-history": [page("article-history", "/articles/{article}/history/")],
    "playground": [page("playground", "/articles/playground/?q=ssl")],
    "coverage": [page("coverage", "/articles/coverage/")],
    "import": [page("article-import", "/articles/import/")],
    "import-run": [page("article-import-run", "/articles/import/{import_run}/")],
    "imports": [page("article-imports", "/articles/imports/")],
    "sources": [page("sources", "/articles/sources/")],
    "source": [page("source", "/articles/sources/{source}/")],
    "ticket-imports": [page("ticket-imports", "/tickets/import/")],
    "ticket-import": [page("ticket-import-new", "/tickets/import/new/")],
    "ticket-import-run": [
        page("ticket-import", "/tickets/import/{ticket_import}/"),
        page("ticket-import-running", "/tickets/import/{running_import}/"),
    ],
    "models": [page("models", "/models/")],
    "model-version": [page("model-version", "/models/versions/{compared[0]}/")],
    "model-connect": [page("connect", "/models/connect/")],
    "model-connect-where": [
        page("connect-where", "/models/connect/new/vllm/"),
        page("connect-folder", "/models/connect/new/folder/"),
    ],
    "model-connect-server": [
        page("connect-server", "/models/connect/servers/{server}/"),
        page("connect-server-hosted", "/models/connect/servers/{hosted}/"),
    ],
    "model-connect-version": [page("connect-version", "/models/connect/versions/{version}/")],
    "training": [page("training", "/training/")],
    "training-start": [page("training-start", "/training/start/")],
    "training-run": [
        page("training-run", "/training/runs/{run}/"),
        page("training-running", "/training/runs/{running}/"),
    ],
    "training-datasets": [page("data-sets", "/training/data-sets/")],
    "training-dataset": [page("data-set", "/training/data-sets/{dataset}/")],
    "training-decisions": [page("decisions", "/training/decisions/")],
    "training-compare": [
        page("compare", "/training/compare/?a={compared[0]}&b={compared[1]}"),
    ],
}
ADMIN: Final[dict[str, list[Page]]] = {
    "reports": [page("reports", "/reports/")],
    "report": [
        page("report-ratings", "/reports/ratings/"),
        page("report-replies", "/reports/replies/"),
        page("report-versions", "/reports/versions/"),
        page("report-costs", "/reports/costs/"),
    ],
    "privacy": [page("privacy", "/privacy/")],
    "privacy-readings": [page("privacy-readings", "/privacy/readings/")],
    "privacy-customers": [page("privacy-customers", "/privacy/customers/")],
    "privacy-customer": [page("privacy-customer", "/privacy/customers/{customer}/")],
    "privacy-tester": [page("privacy-tester", "/privacy/tester/")],
    "webhooks": [page("webhooks", "/webhooks/")],
    "webhook-new": [page("webhook-new", "/webhooks/new/")],
    "webhook": [page("webhook", "/webhooks/{webhook}/")],
    "doors": [page("doors", "/doors/")],
    "door": [page("door", "/doors/{door}/"), page("door-in-trouble", "/doors/{door_helpdesk}/")],
    "door-mail": [page("door-mail-new", "/doors/new/mail/")],
    "door-mail-address": [page("door-mail-address", "/doors/{door}/mail/")],
    "door-mail-servers": [page("door-mail-servers", "/doors/{door}/mail/servers/")],
    "door-mail-folders": [page("door-mail-folders", "/doors/{door_mailbox}/mail/folders/")],
    "door-helpdesk": [page("door-helpdesk-new", "/doors/new/django-helpdesk/")],
    "door-helpdesk-edit": [page("door-helpdesk", "/doors/{door_helpdesk}/django-helpdesk/")],
    "door-webhook": [page("door-webhook-new", "/doors/new/webhook/")],
    "door-webhook-edit": [page("door-webhook", "/doors/{door_webhook}/webhook/")],
    "people": [page("people", "/people/"), page("not-for-you", "/people/", who="sara", status=403)],
    "person": [page("person", "/people/{person}/")],
    "invitations": [page("invitations", "/people/invitations/")],
    "teams": [page("teams", "/teams/")],
    "team": [page("team", "/teams/{team}/")],
    "audit": [page("audit", "/audit/")],
}
GROUPS: Final = {"outside": OUTSIDE, "desk": DESK, "knowledge": KNOWLEDGE, "admin": ADMIN}
PAGES: Final = OUTSIDE | DESK | KNOWLEDGE | ADMIN

CHANGES: Final = [
    "inbox-change",
    "view-save",
    "form-keep",
    "view-remove",
    "ticket-change",
    "ticket-send",
    "ticket-note",
    "ticket-reveal",
    "ticket-refuse",
    "canned-use",
    "canned-delete",
    "reply-undo",
    "suggestion-rate",
    "suggestion-rewrite",
    "ticket-import-stop",
    "ticket-import-continue",
    "token-revoke",
    "privacy-retention",
    "customer-erase",
    "customer-export",
    "pattern-switch",
    "inbox-search",
    "article-preview",
    "article-restore",
    "article-follow",
    "coverage-change",
    "import-web",
    "import-stop",
    "import-continue",
    "source-refresh",
    "source-schedule",
    "source-archive",
    "slot-promote",
    "slot-roll-back",
    "slot-canary",
    "slot-canary-end",
    "version-instructions",
    "server-allow",
    "server-forbid",
    "server-check",
    "training-stop",
    "training-resume",
    "webhook-key",
    "webhook-test",
    "webhook-remove",
    "delivery-again",
    "door-pause",
    "door-now",
    "door-in",
    "door-send-again",
    "door-mark-sent",
    "logout",
    "second-factor-codes",
    "second-factor-off",
    "person-details",
    "person-password",
    "person-factor",
    "invitation-withdraw",
]
"""Only take what is posted: GET is 405."""
FRAGMENTS: Final = {
    "inbox-news": "/inbox/news/",
    "ticket-drafts": "/tickets/{ticket}/drafts/",
    "ticket-canned": "/tickets/{ticket}/canned/",
    "ticket-keep": "/tickets/{ticket}/keep/",
    "training-panel": "/training/panel/",
}
"""Parts that a page fetches; they are looked at in it."""
FILES: Final = {
    "ratings-csv": "/ratings.csv",
    "report-csv": "/reports/ratings/weeks.csv",
    "my-figures-csv": "/my-figures/weeks.csv",
    "audit-csv": "/audit.csv",
    "training-losses": "/training/runs/{run}/losses.csv",
    "ticket-attachment": "/tickets/{ticket}/files/{attachment}/",
}
REDIRECTS: Final = {
    "door-ticket": "/doors/weeks/tickets/0/",
    "set_language": "/i18n/setlang/",
}
STREAMS: Final = {"live"}
"""And all of the API, whose names begin with "api-": tests/tickets/test_api_schema.py."""


def is_no_page(name: str) -> bool:
    of_api = name.startswith("api-") and name != "api-docs"
    return of_api or name in {*CHANGES, *FRAGMENTS, *FILES, *REDIRECTS, *STREAMS}
