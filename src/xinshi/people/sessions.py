"""Sessions in the database, as Django keeps them; each request reads its own, so the read is prepared."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from xinshi.doors.prepared import PreparedRead

COLUMNS: Final = ("session_key", "session_data", "expire_date")
ONE: Final = PreparedRead(lambda key: Session.objects.filter(session_key=key).values_list(*COLUMNS), key=str)


class SessionStore(DatabaseStore):
    """Django's own store but for the read."""

    def _get_session_from_db(self) -> Any:
        rows = ONE.rows(key=self.session_key) if self.session_key and "\0" not in self.session_key else []
        if rows and rows[0][2] > timezone.now():
            return Session(**dict(zip(COLUMNS, rows[0], strict=True)))
        self._session_key = None
        return None
