"""The desk's pages. Each view's docstring says what its template gets."""
