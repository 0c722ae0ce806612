"""What the audit trail's codes mean, in words: `action_name("person.invited")`.

A test looks for every code that the program writes; one that is not here is shown as it is.
"""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTIONS: Final[dict[str, Promise]] = {
    "person.added": _("person added"),
    "person.invited": _("person invited"),
    "person.role-changed": _("role changed"),
    "person.teams-changed": _("teams of a person changed"),
    "person.details-changed": _("name or address changed"),
    "person.switched-on": _("person may sign in again"),
    "person.switched-off": _("person may not sign in any more"),
    "person.password-changed": _("password changed"),
    "person.password-reset": _("password set anew"),
    "person.password-link-made": _("link for a new password made"),
    "invitation.accepted": _("invitation accepted"),
    "invitation.withdrawn": _("invitation withdrawn"),
    "second-factor.on": _("second factor set up"),
    "second-factor.off": _("second factor switched off"),
    "second-factor.reset": _("second factor taken away"),
    "second-factor.codes-renewed": _("recovery codes renewed"),
    "team.made": _("team made"),
    "team.renamed": _("team renamed"),
    "team.members-changed": _("members of a team changed"),
    "version.promoted": _("version promoted"),
    "version.rolled-back": _("version rolled back"),
    "canary.started": _("canary started"),
    "canary.ended": _("canary ended"),
    "server.allowed": _("server allowed"),
    "server.added": _("server added"),
    "version.added": _("version added"),
    "version.instructions": _("whether a version follows instructions"),
    "server.forbidden": _("server forbidden"),
    "source.archived": _("source archived"),
    "source.refreshed": _("source refreshed by hand"),
    "source.schedule-changed": _("schedule of a source changed"),
    "article.written": _("article written"),
    "article.changed": _("article changed"),
    "article.restored": _("article restored"),
    "article.followed": _("article follows its source again"),
    "retention.changed": _("retention rule changed"),
    "pattern.added": _("pattern added"),
    "pattern.switched-on": _("pattern switched on"),
    "pattern.switched-off": _("pattern switched off"),
    "customer.exported": _("customer’s data exported"),
    "customer.erased": _("customer erased"),
    "training.started": _("training started"),
    "training.stopped": _("training stopped"),
    "training.resumed": _("training resumed"),
    "reveal.allowed": _("may see personal values"),
    "reveal.forbidden": _("may not see personal values any more"),
    "import.started": _("import started"),
    "import.stopped": _("import stopped"),
    "token.issued": _("token issued"),
    "token.revoked": _("token revoked"),
    "webhook.made": _("webhook made"),
    "webhook.changed": _("webhook changed"),
    "webhook.key_changed": _("key of a webhook changed"),
    "webhook.removed": _("webhook removed"),
    "webhook.switched_off": _("webhook switched off: nothing was taken there"),
    "door.made": _("door made"),
    "door.changed": _("door changed"),
    "door.paused": _("door paused"),
    "door.resumed": _("door resumed"),
    "reply.sent-again": _("reply sent again"),
    "reply.marked-sent": _("reply marked as sent"),
    "canned_reply.made": _("canned reply made"),
    "canned_reply.changed": _("canned reply changed"),
    "canned_reply.deleted": _("canned reply deleted"),
}


def action_name(code: str) -> str:
    return str(ACTIONS.get(code, code))
