"""Template filters and tags that show masked texts."""
