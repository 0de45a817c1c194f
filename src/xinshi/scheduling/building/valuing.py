"""What speaks for a pair: five parts that together give 0 to 100 points, and what fairness adds for each further shift.

Only what somebody said of themselves for this purpose counts (skills, interests, profession, sites, times) and what they
served. Sex, origin, where they live, age, stars and balance are never read here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Sequence
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from xinshi.scheduling.building.asking import Question, said_free
from xinshi.scheduling.building.reading import Read
from xinshi.scheduling.domain import PlanSettings
from xinshi.scheduling.solver.problem import FAIRNESS_STEPS, Ints

Shares = NDArray[np.float64]
Points = NDArray[np.int16]
Kind = TypeVar("Kind", bound=Hashable)
SKILL_LEVEL_MAX: Final = 3
EXPERIENCE_SHARE: Final = 0.5
"""Whoever served in the category within a year counts as half as able as somebody with every skill at its best."""
FAIRNESS_MOST: Final = 30
FAIRNESS_LEAST: Final = 4
FAIRNESS_FALLS: Final = 2
"""So many points less for each shift of the last 90 days."""
FAIRNESS_FURTHER: Final = -5
WORDS: Final = re.compile(r"[a-z]{3,}")
SIGNS: Final = re.compile(r"[\u4e00-\u9fff]+")


def parts(question: Question, read: Read) -> dict[str, Points]:
    """[P, S] points of each of VALUE_PARTS, at most 100.

    Lines that are alike to a part have one column, which is worked out once.
    """
    settings = question.settings
    return {
        "skill": _skill(question, read, settings.skill),
        "interest": _interest(question, read, settings.interest),
        "profession": _profession(question, read, settings.profession),
        "nearness": _nearness(question, settings.nearness),
        "wished_hour": said_free(question)[1] * np.int16(settings.wished_hour),
    }


def _points(shares: Shares, most: int) -> Points:
    """Whole points of shares from 0 to 1."""
    return np.floor(shares * most).astype(np.int16)


def _columns(question: Question, kinds: Sequence[Kind], of_kind: Callable[[Kind], Shares], most: int) -> Points:
    """[P, S]: for every line the points of its kind."""
    if 0 in question.shape:
        return np.zeros(question.shape, np.int16)
    number = {kind: at for at, kind in enumerate(dict.fromkeys(kinds))}
    table = np.stack([_points(of_kind(kind), most) for kind in number])
    return table[[number[kind] for kind in kinds]].T


def fairness(question: Question, read: Read) -> Ints:
    """[P, FAIRNESS_STEPS]: falling along each row; more for whoever served little lately."""
    recent = np.array([read.recent.get(one.person_id, 0) for one in question.people.candidates], np.int64)
    return fairness_steps(recent, question.settings)


def fairness_steps(recent: Ints, settings: PlanSettings) -> Ints:
    """For so many shifts of the last 90 days; `settings.fairness` per cent of it."""
    first = np.clip(FAIRNESS_MOST - FAIRNESS_FALLS * recent, FAIRNESS_LEAST, FAIRNESS_MOST)
    steps = np.zeros((len(recent), FAIRNESS_STEPS), np.int64)
    steps[:, 0], steps[:, 1] = first, first // 2
    steps[:, FAIRNESS_STEPS - 1] = FAIRNESS_FURTHER
    return steps * settings.fairness // 100


def _skill(question: Question, read: Read, most: int) -> Points:
    """The skills that the work names, by level; or that somebody did such work before."""
    people = question.people.candidates
    levels = {
        code: np.array([one.facts.skills.get(code, 0) for one in people], np.float64) / SKILL_LEVEL_MAX
        for code in read.skills
    }
    names = {code: [name.lower() for name in names] for code, names in read.skills.items()}
    categories = {line.category for line in question.lines}
    before = {category: _served(question, read, category) * EXPERIENCE_SHARE for category in categories}

    def named(text: str) -> tuple[str, ...]:
        return tuple(code for code, some in names.items() if any(name in text for name in some))

    def share(kind: tuple[str, tuple[str, ...]]) -> Shares:
        category, codes = kind
        if not codes:
            return before[category]
        able = np.minimum(1.0, sum((levels[code] for code in codes), np.zeros(len(people))) / len(codes))
        return np.maximum(able, before[category])

    kinds = [(line.category, named(line.text.lower())) for line in question.lines]
    return _columns(question, kinds, share, most)


def _served(question: Question, read: Read, category: str) -> Shares:
    who = [(one.person_id, category) in read.experience for one in question.people.candidates]
    return np.array(who, np.float64)


def _interest(question: Question, read: Read, most: int) -> Points:
    people = question.people.candidates

    def share(category: str) -> Shares:
        return np.array([category in read.interests.get(one.person_id, ()) for one in people], np.float64)

    return _columns(question, [line.category for line in question.lines], share, most)


def _profession(question: Question, read: Read, most: int) -> Points:
    """How far the work names what somebody does for a living."""
    names = [read.professions.get(one.person_id, "") for one in question.people.candidates]
    unique, rows = np.unique(np.array(names, str), return_inverse=True)
    pieces = [_pieces(str(name)) for name in unique]

    def share(text: str) -> Shares:
        shares = [sum(piece in text for piece in some) / len(some) if some else 0.0 for some in pieces]
        return np.array(shares)[rows]

    return _columns(question, [line.text.lower() for line in question.lines], share, most)


def _pieces(profession: str) -> Collection[str]:
    """The words of a profession, and of Chinese each two signs that stand together."""
    text = profession.lower()
    signs = {run[at : at + 2] for run in SIGNS.findall(text) for at in range(max(1, len(run) - 1))}
    return signs | set(WORDS.findall(text))


def _nearness(question: Question, most: int) -> Points:
    """1 where they named this site among those to which they come."""

    def share(site: str) -> Shares:
        return (question.people.reaches(site)[1] if site else np.zeros(question.people.number)).astype(np.float64)

    return _columns(question, question.sites, share, most)
