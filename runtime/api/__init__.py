"""What all addresses of the HTTP API share, whichever part they belong to.

- `views`: `ApiView`, the base of every view: its scope, its headers.
- `scopes`: what a token may do.
- `paging`: pages of lists that stay short.
- `problems`: errors as RFC 9457 has them.
- `schema`: what the OpenAPI document says of every operation.
"""
