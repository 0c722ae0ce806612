"""The desk's people: roles, teams, invitations, signing in, and who changed what."""
