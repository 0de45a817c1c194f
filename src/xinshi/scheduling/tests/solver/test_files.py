"""Files: what was saved comes back to the last bit; what is broken or hostile is refused with a reason."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from xinshi.scheduling.solver import files, instances, plan
from xinshi.scheduling.solver.answer import Plan
from xinshi.scheduling.solver.files import UnreadableFile
from xinshi.scheduling.solver.problem import Problem
from xinshi.scheduling.tests.solver.small import problems

pytestmark = pytest.mark.any_database


@pytest.fixture(scope="module")
def week() -> Problem:
    drawn = replace(instances.week(0.02), epoch="2026-03-02", name="第十周")
    return replace(drawn, shift_ids=np.arange(len(drawn.shift_start)), person_ids=np.arange(len(drawn.fairness)) + 7)


@pytest.fixture(scope="module")
def found(week: Problem) -> Plan:
    return plan(week)


def same(one: object, other: object) -> bool:
    """Whether two problems or plans have equal fields, arrays of one kind included."""
    for field in fields(one):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if isinstance(mine, np.ndarray):
            if mine.dtype != theirs.dtype or not np.array_equal(mine, theirs) or mine.shape != theirs.shape:
                return False
        elif mine != theirs:
            return False
    return True


def test_a_problem_and_its_plan_come_back_as_they_were(tmp_path: Path, week: Problem, found: Plan) -> None:
    path = tmp_path / "week.xinshi"
    files.save(path, week, found)
    problem, answer = files.load(path)
    assert same(problem, week)
    assert same(answer, found)
    assert [entry.name for entry in tmp_path.iterdir()] == ["week.xinshi"]
    files.save(path, problem, None)
    assert files.load(path)[1] is None


def test_the_same_problem_makes_the_same_file(week: Problem, found: Plan) -> None:
    assert files.problem_bytes(week) == files.problem_bytes(files.problem_from_bytes(files.problem_bytes(week)))
    assert same(files.plan_from_bytes(files.plan_bytes(found), week), found)


@settings(max_examples=20)
@given(problems(pairs_max=6))
def test_any_problem_comes_back(asked: Problem) -> None:
    assert same(files.problem_from_bytes(files.problem_bytes(asked)), asked)


def test_a_limit_on_changes_comes_back_with_its_price(week: Problem, found: Plan) -> None:
    asked = replace(week, baseline=found.chosen, changes_max=2)
    answer = plan(asked)
    assert same(files.problem_from_bytes(files.problem_bytes(asked)), asked)
    assert files.plan_from_bytes(files.plan_bytes(replace(answer, change_price=7.25)), asked).change_price == 7.25
    with pytest.raises(UnreadableFile, match="changes"):
        files.plan_from_bytes(files.plan_bytes(found), replace(asked, baseline=spare_pairs(asked, found)))
    with pytest.raises(UnreadableFile, match="price of a change"):
        files.plan_from_bytes(files.plan_bytes(replace(answer, change_price=-1.0)), asked)


def spare_pairs(week: Problem, found: Plan) -> np.ndarray:
    """Three pairs that the plan has not."""
    return np.setdiff1d(np.arange(len(week.pair_line)), found.chosen)[:3]


def test_files_of_the_version_before_are_read_as_without_a_limit(week: Problem, found: Plan) -> None:
    def older(entries: dict[str, bytes]) -> None:
        header = json.loads(entries["header.json"])
        header["version"] = 1
        del header["problem" if header["problem"] else "plan"]["changes_max" if header["problem"] else "change_price"]
        entries["header.json"] = json.dumps(header).encode()

    assert same(files.problem_from_bytes(rewritten(files.problem_bytes(week), older)), week)
    assert same(files.plan_from_bytes(rewritten(files.plan_bytes(found), older), week), found)


def rewritten(data: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """The same archive with other contents."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    change(entries)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def with_header(**changes: object) -> Callable[[dict[str, bytes]], None]:
    def change(entries: dict[str, bytes]) -> None:
        entries["header.json"] = json.dumps(json.loads(entries["header.json"]) | changes).encode()

    return change


def with_array(name: str, array: object, *, allow_pickle: bool = False) -> Callable[[dict[str, bytes]], None]:
    def change(entries: dict[str, bytes]) -> None:
        content = io.BytesIO()
        np.lib.format.write_array(content, np.asarray(array), version=(1, 0), allow_pickle=allow_pickle)
        entries[f"problem/{name}.npy"] = content.getvalue()

    return change


def with_shape_of_a_petabyte(entries: dict[str, bytes]) -> None:
    content = io.BytesIO()
    header = {"descr": "<i8", "fortran_order": False, "shape": (2**47,)}
    np.lib.format.write_array_header_1_0(content, header)
    entries["problem/pair_line.npy"] = content.getvalue() + b"\0" * 8


HOSTILE = {
    "another version": (with_header(version=3), "version 3"),
    "another kind": (with_header(format="zip"), "another kind"),
    "no header": (lambda entries: entries.pop("header.json"), "header"),
    "a header that is a list": (lambda entries: entries.update({"header.json": b"[]"}), "another kind"),
    "a header that is no text": (lambda entries: entries.update({"header.json": b"\xff\xfe{"}), "something else"),
    "a header nested too deep": (
        lambda entries: entries.update({"header.json": b"[" * 60_000}),
        "broken|something else",
    ),
    "a missing array": (lambda entries: entries.pop("problem/locks.npy"), "lacks an array"),
    "a further file": (lambda entries: entries.update({"../../etc/passwd": b""}), "one too many"),
    "objects": (with_array("locks", np.array([{}], object), allow_pickle=True), "something else than numbers"),
    "pickle": (lambda entries: entries.update({"problem/locks.npy": pickle.dumps([1])}), "something else"),
    "floats": (with_array("pair_line", [0.5]), "contradicts itself"),
    "a shape of a petabyte": (with_shape_of_a_petabyte, "another shape"),
    "a pair that points nowhere": (with_array("locks", np.array([2**40])), "locks points outside"),
    "a rule that is a text": (
        with_header(problem={"name": "", "epoch": "", "rules": {"rest_minutes": "0"}}),
        "whole number",
    ),
    "a limit that is a text": (
        with_header(problem={"name": "", "epoch": "", "changes_max": "9", "rules": {}}),
        "whole number",
    ),
    "a limit below nothing": (
        with_header(problem={"name": "", "epoch": "", "changes_max": -1, "rules": {}}),
        "changes_max",
    ),
    "an unknown rule": (with_header(problem={"name": "", "epoch": "", "rules": {"sleep": 0}}), "something else"),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_files_are_refused_with_a_reason(name: str, week: Problem) -> None:
    change, said = HOSTILE[name]
    with pytest.raises(UnreadableFile, match=said):
        files.problem_from_bytes(rewritten(files.problem_bytes(week), change))


def test_files_cut_short_or_with_a_flipped_byte_are_refused_or_unchanged(week: Problem) -> None:
    data = files.problem_bytes(week)
    for at in range(0, len(data), max(1, len(data) // 60)):
        with pytest.raises(UnreadableFile):
            files.problem_from_bytes(data[:at])
        flipped = data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :]
        try:
            read = files.problem_from_bytes(flipped)
        except UnreadableFile:
            continue
        assert same(read, week)  # What was flipped says nothing: a date, an attribute.


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch, week: Problem) -> None:
    bomb = rewritten(files.problem_bytes(week), lambda entries: entries.update({"problem/locks.npy": b"\0" * 2**24}))
    assert len(bomb) < 2**18
    monkeypatch.setattr(files, "CONTENT_BYTES_MAX", 2**23)
    with pytest.raises(UnreadableFile, match="unpacked"):
        files.problem_from_bytes(bomb)


def test_a_plan_of_another_problem_or_with_other_figures_is_refused(week: Problem, found: Plan) -> None:
    with pytest.raises(UnreadableFile, match="does not belong"):
        files.plan_from_bytes(files.plan_bytes(found), replace(instances.week(0.03)))
    boasting = replace(found, worth=replace(found.worth, match=found.worth.match - 1))
    with pytest.raises(UnreadableFile, match="worth something else"):
        files.plan_from_bytes(files.plan_bytes(boasting), week)
    impossible = replace(found, bound=found.worth.total - 1)
    with pytest.raises(UnreadableFile, match="contradict"):
        files.plan_from_bytes(files.plan_bytes(impossible))
