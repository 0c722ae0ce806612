"""What a reader gives for a text: conversations as plain lists, problems, what was left out."""

from tickets.importing.records import FileProblem, LeftOut, PastConversation


def read_all(read, path, options):
    return list(read(path, options))


def said(records):
    """[[("customer", text), …], …]"""
    return [
        [(turn.role, turn.text) for turn in record.turns]
        for record in records
        if isinstance(record, PastConversation)
    ]


def problems(records):
    return [(one.line, one.error) for one in records if isinstance(one, FileProblem)]


def reasons(records):
    return [one.reason for one in records if isinstance(one, LeftOut)]
