"""The HTTP API of tickets, below /api/v1/. Bearer tokens; JSON; errors are {"detail": one line}."""
