"""Canonical JSON (docs/protocol/encoding.md): one value has exactly one spelling, so that it can be hashed and signed."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Final

INTEGER_MAX: Final = 2**53 - 1
DEPTH_MAX: Final = 6
NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


class Malformed(Exception):
    """What came is not what the protocol allows; the sentence says where."""


def canonical(value: dict[str, Any]) -> bytes:
    """The one spelling of `value`; Malformed where it holds what the protocol does not know."""
    _check(value, depth=1)
    # Python escapes exactly the signs that RFC 8785 escapes, and writes control signs in lower-case hex digits.
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode()


def digest(value: dict[str, Any]) -> str:
    """SHA-256 over the canonical bytes, 64 lower-case hex digits."""
    return hashlib.sha256(canonical(value)).hexdigest()


def parsed(data: bytes) -> dict[str, Any]:
    """The object that `data` spells, in whatever spelling; Malformed for repeated names, fractions, null and non-objects."""
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
            parse_int=_integer,
        )
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise Malformed("this is no JSON") from None
    if not isinstance(value, dict):
        raise Malformed("this is no object")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Malformed("a name occurs twice")
    return found


def _integer(text: str) -> int:
    if len(text) > len(str(INTEGER_MAX)) + 1 or text == "-0":
        raise Malformed("a number is out of bounds")
    return int(text)


def _refuse_number(text: str) -> Any:
    raise Malformed(f"“{text[:20]}” is no integer")


def _check(value: object, *, depth: int) -> None:
    if depth > DEPTH_MAX:
        raise Malformed("nested too deep")
    if isinstance(value, dict):
        for name in value:
            if not isinstance(name, str) or not NAME.fullmatch(name):
                raise Malformed("a name has a form that is not allowed")
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            _check(inner, depth=depth + 1)
    elif isinstance(value, str):
        _check_text(value)
    elif not isinstance(value, int):
        raise Malformed("a value is neither object, array, text, integer nor boolean")
    elif abs(value) > INTEGER_MAX:
        raise Malformed("a number is out of bounds")


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Malformed("a text has half of a surrogate pair") from None
