"""Template filters and tags that the pages of all parts use."""
