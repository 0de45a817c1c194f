"""A version's problem in the storage: sealed, under a name that nobody can guess, with the parts of every pair's value."""

from __future__ import annotations

import io
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from xinshi.kernel.errors import NotFound
from xinshi.scheduling.building import Built
from xinshi.scheduling.domain import VALUE_PARTS
from xinshi.scheduling.models import PlanVersion
from xinshi.scheduling.solver import files
from xinshi.scheduling.solver.problem import Ints, Problem
from xinshi.vault.cipher import VaultError, decrypt_bytes, encrypt_bytes

FOLDER: Final = "plans"
CONTEXT: Final = "plan_version.problem"
LENGTH_BYTES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kept:
    """What was asked when a version was planned."""

    problem: Problem
    parts: Mapping[str, Ints]

    def pair_index(self) -> dict[tuple[int, int], int]:
        """The place of each possible (person, shift) among the pairs."""
        problem = self.problem
        people = problem.person_ids[problem.pair_person].tolist()
        shifts = problem.shift_ids[problem.line_shift[problem.pair_line]].tolist()
        return {pair: at for at, pair in enumerate(zip(people, shifts, strict=True))}


def keep(built: Built) -> str:
    """Store what is asked; its path."""
    question = files.problem_bytes(built.problem)
    parts = io.BytesIO()
    arrays: dict[str, Any] = {name: built.parts[name].astype(np.int8) for name in VALUE_PARTS}
    np.savez_compressed(parts, **arrays)
    data = len(question).to_bytes(LENGTH_BYTES, "big") + question + parts.getvalue()
    content = ContentFile(encrypt_bytes(data, context=CONTEXT))
    return default_storage.save(f"{FOLDER}/{secrets.token_urlsafe(24)}", content)


def kept(version: PlanVersion) -> Kept:
    """What a version was asked; NotFound where the storage has it no more, or it does not open."""
    if not version.problem_path:
        raise NotFound
    try:
        with default_storage.open(version.problem_path) as stream:
            data = decrypt_bytes(stream.read(), context=CONTEXT)
    except (OSError, VaultError):
        raise NotFound from None
    end = LENGTH_BYTES + int.from_bytes(data[:LENGTH_BYTES], "big")
    with np.load(io.BytesIO(data[end:]), allow_pickle=False) as arrays:
        parts = {name: arrays[name].astype(np.int64) for name in VALUE_PARTS}
    return Kept(problem=files.problem_from_bytes(data[LENGTH_BYTES:end]), parts=parts)


def forget(path: str) -> None:
    """Take a problem out of the storage; one that is gone already is passed over."""
    if path:
        default_storage.delete(path)
