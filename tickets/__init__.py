"""Customers, tickets, the vault, suggestions, ratings, replies; the desk."""
