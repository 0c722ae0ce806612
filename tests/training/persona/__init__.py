"""A chat of two friends, all invented, as WhatsApp exports it."""
