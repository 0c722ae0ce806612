"""The pages about people: who they are, signing in, the second factor, the audit trail."""
