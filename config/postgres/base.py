"""Django's PostgreSQL backend over the embedded server, which starts at the first connection.

So `manage.py help` or `check` start nothing, and a command that needs the database just has it.
"""

from pathlib import Path
from typing import Any

from django.db.backends.postgresql import base

from config import embedded


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        name = self.settings_dict["NAME"]
        home = Path(self.settings_dict["OPTIONS"]["home"])
        info = embedded.connection_info(home, name or embedded.BLANK_DATABASE)
        self.settings_dict["HOST"] = info.host
        params = super().get_connection_params()
        params.pop("home", None)
        return params | {"host": info.host, "user": info.user}
