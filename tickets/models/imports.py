"""Imports of past tickets that were asked for at the desk."""

from runtime.jobs import Job


class TicketImportRun(Job):
    """`options`: {"format", "agents", "silence_minutes"}; `report`: what `import_tickets --json`
    says, with the failures listed within a limit."""

    def __str__(self) -> str:
        return f"ticket import {self.pk}"
