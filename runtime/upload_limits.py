"""An upload above the limit is refused before its bytes are read.

`SizeLimit(request)` goes first among the request's upload handlers; the view is exempt
from the check against forged requests until the size is known, since that check reads the body.
"""

from typing import IO, Any, Final

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

FORM_BYTES: Final = 64 * 1024
"""What a form may have besides its files."""


class SizeLimit(FileUploadHandler):
    """Stops an upload whose announced or real length is above the limit, and says so."""

    received = 0
    reached = False

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, Any],  # noqa: N803 - Django's name
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        self.reached = content_length > settings.MAX_UPLOAD_BYTES + FORM_BYTES

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        self.reached = self.reached or self.received > settings.MAX_UPLOAD_BYTES
        if self.reached:
            raise StopUpload(connection_reset=True)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
