"""`python -m tests.doors.mail.smtp_server PORT TLS_PORT FOLDER MAILDIR OWN_ADDRESS PASSWORD`: see
servers.Smtp.

What an address says decides what becomes of a message: `refused@…` is refused for good, `later@…`
for now. Files in the folder say more: with `keeps-copies` what is taken lies in the folder of sent
mail, too; `hold-before` and `hold-after` stop the next message before it is taken, or between that
and saying so, for whoever is to be killed there (`held` tells that it stands).
"""

import asyncio
import logging
import os
import ssl
import sys
import uuid
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Handler:
    def __init__(self, folder: Path, mail: Path, own: str) -> None:
        self.folder, self.mail, self.own = folder, mail, own
        for path in folder.glob("*.eml"):
            self._copy(path)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("refused@"):
            return "550 5.1.1 no such user"
        if address.startswith("later@"):
            return "451 4.7.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        name = f"{uuid.uuid4().hex}.eml"
        await self._hold("hold-before")
        half = self.folder / f"{name}.part"
        recipients = ",".join(envelope.rcpt_tos).encode()
        assert isinstance(envelope.content, bytes)
        with half.open("wb") as file:
            file.write(b"X-Envelope-To: " + recipients + b"\r\n" + envelope.content)
        half.rename(self.folder / name)
        if recipients.startswith(b"cut@"):
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        self._copy(self.folder / name)
        await self._hold("hold-after")
        return "250 taken"

    async def _hold(self, name: str) -> None:
        try:
            (self.folder / name).rename(self.folder / "held")
        except FileNotFoundError:
            return
        await asyncio.sleep(60)

    def _copy(self, path: Path) -> None:
        done = path.with_suffix(".copied")
        if done.exists():
            return
        raw = path.read_bytes()
        recipients, _end, content = raw.partition(b"\r\n")
        places = [self.mail] if self.own.encode() in recipients else []
        if (self.folder / "keeps-copies").exists():
            places.append(self.mail / ".Sent")
        for place in places:
            there = place / "tmp" / path.stem
            there.write_bytes(content)
            os.rename(there, place / "new" / path.stem)
        done.touch()


# Of a server of the tests that takes passwords without TLS.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


async def main(port: int, tls_port: int, folder: Path, mail: Path, own: str, password: str) -> None:
    handler = Handler(folder, mail, own)
    loop = asyncio.get_running_loop()

    def authenticate(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        right = (data.login, data.password) == (own.encode(), password.encode())
        return AuthResult(success=right, handled=False)

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(mail.parent / "server.pem")

    def smtp() -> SMTP:
        return SMTP(
            handler,
            loop=loop,
            authenticator=authenticate,
            auth_require_tls=False,
            auth_required=True,
            tls_context=context,
        )

    plain = await loop.create_server(smtp, "127.0.0.1", port)
    tls = await loop.create_server(smtp, "127.0.0.1", tls_port, ssl=context)
    async with plain, tls:
        await asyncio.gather(plain.serve_forever(), tls.serve_forever())


if __name__ == "__main__":
    ports, (folder, mail), (own, password) = sys.argv[1:3], sys.argv[3:5], sys.argv[5:]
    asyncio.run(main(int(ports[0]), int(ports[1]), Path(folder), Path(mail), own, password))
