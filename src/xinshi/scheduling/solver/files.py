"""A problem, and the plan found for it, in one compressed file: a zip of NumPy arrays and a header in JSON. No pickle.

A file may come from anywhere. Names, sizes, kinds and shapes are read and judged before any array is made, and what was
read must be a sound problem and a plan that the checker passes; otherwise UnreadableFile says what is wrong.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from xinshi.scheduling.solver.answer import Plan, Worth
from xinshi.scheduling.solver.checker import BrokenRule, check
from xinshi.scheduling.solver.model import KEEP_PRICE_MAX
from xinshi.scheduling.solver.problem import Problem, Rules
from xinshi.scheduling.solver.soundness import UnsoundProblem, require_sound

FORMAT: Final = "xinshi-schedule"
VERSION: Final = 2
"""1 knew no limit on changes; it is read as a problem without one."""
VERSIONS_READ: Final = (1, VERSION)
HEADER: Final = "header.json"
HEADER_BYTES_MAX: Final = 64 * 1024
FILE_BYTES_MAX: Final = 256 * 2**20
CONTENT_BYTES_MAX: Final = 1024 * 2**20
"""Of all arrays together, unpacked."""
KINDS: Final = {"int64": np.dtype(np.int64), "bool": np.dtype(np.bool_), "float64": np.dtype(np.float64)}
SCALARS: Final = ("bound", "coverage_bound", "filled", "places", "change_price", "seconds", "is_complete", "seed")
NEVER: Final = (1980, 1, 1, 0, 0, 0)
"""The date of every entry, so that the same problem makes the same file."""


class UnreadableFile(ValueError):
    """Not a file of this kind, broken, or too large; the sentence says what is wrong."""


def save(path: Path, problem: Problem, plan: Plan | None = None) -> None:
    """Write both to a new file or over an old one, never half."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.write_bytes(_written(problem, plan))
    unfinished.replace(path)


def load(path: Path) -> tuple[Problem, Plan | None]:
    """What `save` wrote, the plan checked. Raises UnreadableFile; OSError where the file cannot be read."""
    if path.stat().st_size > FILE_BYTES_MAX:
        raise UnreadableFile(f"the file is larger than {FILE_BYTES_MAX // 2**20} MiB")
    problem, plan = _read(path.read_bytes())
    if problem is None:
        raise UnreadableFile("the file holds no problem")
    return problem, plan


def problem_bytes(problem: Problem) -> bytes:
    """A problem alone, as the content of a file."""
    return _written(problem, None)


def problem_from_bytes(data: bytes) -> Problem:
    """What `problem_bytes` made, sound. Raises UnreadableFile."""
    problem, _ = _read(data)
    if problem is None:
        raise UnreadableFile("the file holds no problem")
    return problem


def plan_bytes(plan: Plan) -> bytes:
    """A plan alone, as the content of a file."""
    return _written(None, plan)


def plan_from_bytes(data: bytes, problem: Problem | None = None) -> Plan:
    """What `plan_bytes` made; checked against the problem where one is given. Raises UnreadableFile."""
    own, plan = _read(data)
    if plan is None:
        raise UnreadableFile("the file holds no plan")
    if own is None and problem is not None:
        with _explained():
            _require_of(plan, problem)
    return plan


def _written(problem: Problem | None, plan: Plan | None) -> bytes:
    arrays: dict[str, NDArray[Any]] = {}
    header: dict[str, Any] = {"format": FORMAT, "version": VERSION, "problem": None, "plan": None}
    if problem is not None:
        arrays |= {f"problem/{name}": getattr(problem, name) for name in _names_of(Problem)}
        rules = {field.name: getattr(problem.rules, field.name) for field in fields(Rules)}
        named = {"name": problem.name, "epoch": problem.epoch, "changes_max": problem.changes_max}
        header["problem"] = {**named, "rules": rules}
    if plan is not None:
        arrays |= {f"plan/{name}": getattr(plan, name) for name in _names_of(Plan)}
        worth = {field.name: getattr(plan.worth, field.name) for field in fields(Worth)}
        header["plan"] = {**{name: getattr(plan, name) for name in SCALARS}, "worth": worth}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        _put(archive, HEADER, json.dumps(header, ensure_ascii=False, sort_keys=True).encode())
        for name, array in arrays.items():
            content = io.BytesIO()
            npy.write_array(content, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
            _put(archive, f"{name}.npy", content.getvalue())
    return file.getvalue()


@contextmanager
def _explained() -> Iterator[None]:
    """Turn whatever a hostile file can cause into UnreadableFile."""
    try:
        yield
    except UnreadableFile:
        raise
    except UnsoundProblem as error:
        raise UnreadableFile(f"the problem contradicts itself: {error}") from error
    except BrokenRule as error:
        raise UnreadableFile(f"the plan breaks a rule of its problem: {error}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError) as error:
        raise UnreadableFile("the file is broken or of another kind") from error
    except (TypeError, ValueError, AttributeError, OverflowError, OSError, struct.error) as error:
        raise UnreadableFile("the file holds something else than it says") from error


def _read(data: bytes) -> tuple[Problem | None, Plan | None]:
    if len(data) > FILE_BYTES_MAX:
        raise UnreadableFile(f"the file is larger than {FILE_BYTES_MAX // 2**20} MiB")
    with _explained(), zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = _entries(archive)
        header = _header(archive, entries)
        problem: Problem | None = None
        if header["problem"] is not None:
            problem = _problem(header["problem"], _arrays(archive, entries, "problem", Problem))
        if header["plan"] is None:
            return problem, None
        plan = _plan(header["plan"], _arrays(archive, entries, "plan", Plan))
        if problem is not None:
            _require_of(plan, problem)
        return problem, plan


def _put(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, NEVER)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


def _names_of(kind: type[Problem | Plan]) -> list[str]:
    """The names of the fields that are arrays."""
    return [field.name for field in fields(kind) if "Ints" in str(field.type) or "NDArray" in str(field.type)]


def _entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """What is in the archive, by name; nothing is unpacked yet."""
    entries = {entry.filename: entry for entry in archive.infolist()}
    if len(entries) != len(archive.infolist()):
        raise UnreadableFile("a name stands twice in the file")
    if sum(entry.file_size for entry in entries.values()) > CONTENT_BYTES_MAX:
        raise UnreadableFile(f"unpacked, the file is larger than {CONTENT_BYTES_MAX // 2**20} MiB")
    return entries


def _header(archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo]) -> dict[str, Any]:
    if HEADER not in entries or entries[HEADER].file_size > HEADER_BYTES_MAX:
        raise UnreadableFile("the file has no header of this kind")
    header = json.loads(_content(archive, entries[HEADER]))
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise UnreadableFile("the file is of another kind")
    if header.get("version") not in VERSIONS_READ:
        known = " and ".join(map(str, VERSIONS_READ))
        raise UnreadableFile(f"the file has version {header.get('version')!r}; this program reads {known}")
    parts = [("problem", Problem), ("plan", Plan)]
    wanted = {f"{part}/{name}.npy" for part, kind in parts if header[part] is not None for name in _names_of(kind)}
    if set(entries) != {HEADER, *wanted}:
        raise UnreadableFile("the file lacks an array or has one too many")
    return header


def _arrays(
    archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], part: str, kind: type[Problem | Plan]
) -> dict[str, NDArray[Any]]:
    return {name: _array(archive, entries[f"{part}/{name}.npy"]) for name in _names_of(kind)}


def _problem(header: dict[str, Any], arrays: dict[str, Any]) -> Problem:
    rules = Rules(**{name: _whole(value) for name, value in header["rules"].items()})
    changes = None if header.get("changes_max") is None else _whole(header["changes_max"])
    name, epoch = _text(header["name"]), _text(header["epoch"])
    problem = Problem(name=name, epoch=epoch, changes_max=changes, rules=rules, **arrays)
    require_sound(problem)
    return problem


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """What the entry holds; no more than it announced, whatever it unpacks to."""
    with archive.open(entry) as stream:
        content = stream.read(entry.file_size + 1)
    if len(content) != entry.file_size:
        raise UnreadableFile("an array has another size than it says")
    return content


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> NDArray[Any]:
    content = io.BytesIO(_content(archive, entry))
    if npy.read_magic(content) != (1, 0):
        raise UnreadableFile("an array has an unknown form")
    shape, by_column, kind = npy.read_array_header_1_0(content)
    if kind.hasobject or kind not in KINDS.values() or by_column or len(shape) > 2 or min(shape, default=0) < 0:
        raise UnreadableFile("an array holds something else than numbers")
    rest = content.read()
    if len(rest) != int(np.prod(shape, dtype=object)) * kind.itemsize:
        raise UnreadableFile("an array has another shape than it says")
    return np.frombuffer(rest, kind).reshape(shape).copy()


def _plan(header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Plan:
    """The plan, in order as far as it can be told without its problem."""
    chosen, prices = arrays["chosen"], arrays["line_prices"]
    if chosen.dtype != np.int64 or chosen.ndim != 1 or bool((np.diff(chosen) <= 0).any()):
        raise UnreadableFile("the plan is not in order")
    if prices.dtype != np.float64 or prices.ndim != 1 or not np.isfinite(prices).all():
        raise UnreadableFile("the plan's prices are not numbers")
    worth = Worth(**{name: _whole(value) for name, value in header["worth"].items()})
    bound, filled, places = (_whole(header[name]) for name in ("bound", "filled", "places"))
    change_price = float(header.get("change_price", 0.0))
    if not 0.0 <= change_price <= KEEP_PRICE_MAX:
        raise UnreadableFile("the plan's price of a change is out of its bounds")
    if bound < worth.total or filled != chosen.size or places < filled:
        raise UnreadableFile("the plan's figures contradict each other")
    return Plan(
        chosen=chosen,
        worth=worth,
        bound=bound,
        coverage_bound=_whole(header["coverage_bound"]),
        filled=filled,
        places=places,
        line_prices=prices,
        change_price=change_price,
        seconds=float(header["seconds"]),
        is_complete=header["is_complete"] is True,
        seed=_whole(header["seed"]),
    )


def _require_of(plan: Plan, problem: Problem) -> None:
    """Unless the plan is one of this problem, keeps its rules and is worth what it says."""
    if plan.line_prices.shape != problem.line_demand.shape or plan.places != int(problem.line_demand.sum()):
        raise UnreadableFile("the plan does not belong to the problem")
    if check(problem, plan.chosen) != plan.worth:
        raise UnreadableFile("the plan is worth something else than it says")


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise UnreadableFile("the header holds something else than a whole number")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > 1_000:
        raise UnreadableFile("the header holds something else than a short text")
    return value
