"""Looking thousands of rows up by one statement with one parameter: `filter(person_id__among=Many(ids))`.

`IN` with a parameter for each value costs more than the look-up itself: Django, the driver and the server each go through
them. Here the values travel as one array on PostgreSQL and as one JSON text on SQLite. Registered where it is imported.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models.lookups import Lookup

from xinshi.doors.rows import array_text

FROM_JSON = "(SELECT value FROM json_each(%s))"


class Many:
    """Values to be looked for; opaque to Django, which would go through them one by one."""

    def __init__(self, values: Iterable[int] | Iterable[str]) -> None:
        self.values = list(values)


@models.Field.register_lookup
@models.ForeignObject.register_lookup
class Among(Lookup):
    """True where the column has one of the values."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        assert isinstance(self.rhs, Many), "values come as Many"
        left, parameters = self.process_lhs(compiler, connection)
        values = self.rhs.values
        if connection.vendor == "postgresql":
            is_text = isinstance(self.lhs.output_field, models.CharField | models.TextField)
            kind = "text" if is_text else "bigint"
            return f"{left} = ANY(%s::{kind}[])", (*parameters, array_text(values))
        return f"{left} IN {FROM_JSON}", (*parameters, json.dumps(values))
