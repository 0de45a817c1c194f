"""Logs without personal data: whatever slips into a message is masked before it is written."""

from __future__ import annotations

import logging
import re

ID_NUMBER = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
PHONE = re.compile(r"(?<!\d)1\d{10}(?!\d)")


def masked(text: str) -> str:
    """`text` with every identity number and mobile number blotted out."""
    return PHONE.sub("1**********", ID_NUMBER.sub("******************", text))


class PersonalDataFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.__dict__.pop("request", None)  # Django's own lines carry the whole address, search terms included.
        record.msg, record.args = masked(record.getMessage()), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = masked(logging.Formatter().formatException(record.exc_info))
        for name, value in list(record.__dict__.items()):
            if isinstance(value, str) and name not in ("msg", "exc_text"):
                record.__dict__[name] = masked(value)
        return True
