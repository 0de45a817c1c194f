"""What speaks for a pair: five parts that together give 0 to 100 points, and what fairness adds for each further shift.

Only what somebody said of themselves for this purpose counts (skills, interests, profession, sites, times) and what they
served. Sex, origin, where they live, age, stars and balance are never read here.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xinshi.scheduling.building.asking import Question, said_free
from xinshi.scheduling.building.reading import Read
from xinshi.scheduling.domain import VALUE_PARTS, PlanSettings
from xinshi.scheduling.solver.problem import FAIRNESS_STEPS, Ints

Shares = NDArray[np.float64]
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


def parts(question: Question, read: Read) -> dict[str, Ints]:
    """[P, S] points of each of VALUE_PARTS."""
    settings = question.settings
    shares = {
        "skill": _skill(question, read),
        "interest": _interest(question, read),
        "profession": _profession(question, read),
        "nearness": _nearness(question),
        "wished_hour": said_free(question)[1].astype(np.float64),
    }
    return {name: np.floor(shares[name] * getattr(settings, name)).astype(np.int64) for name in VALUE_PARTS}


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


def _skill(question: Question, read: Read) -> Shares:
    """The skills that the work names, by level; or that somebody did such work before."""
    people = question.people.candidates
    share = np.zeros(question.shape)
    levels = {
        code: np.array([one.facts.skills.get(code, 0) for one in people], np.float64) / SKILL_LEVEL_MAX
        for code in read.skills
    }
    before: dict[str, Shares] = {}
    for column, line in enumerate(question.lines):
        text = line.text.lower()
        named = [code for code, names in read.skills.items() if any(name.lower() in text for name in names)]
        if named:
            share[:, column] = np.minimum(1.0, sum(levels[code] for code in named) / len(named))
        if line.category not in before:
            served = [(one.person_id, line.category) in read.experience for one in people]
            before[line.category] = np.array(served, np.float64) * EXPERIENCE_SHARE
        share[:, column] = np.maximum(share[:, column], before[line.category])
    return share


def _interest(question: Question, read: Read) -> Shares:
    share = np.zeros(question.shape)
    found: dict[str, Shares] = {}
    for column, line in enumerate(question.lines):
        if line.category not in found:
            named = [line.category in read.interests.get(one.person_id, ()) for one in question.people.candidates]
            found[line.category] = np.array(named, np.float64)
        share[:, column] = found[line.category]
    return share


def _profession(question: Question, read: Read) -> Shares:
    """How far the work names what somebody does for a living."""
    names = [read.professions.get(one.person_id, "") for one in question.people.candidates]
    unique, rows = np.unique(np.array(names, str), return_inverse=True)
    pieces = [_pieces(str(name)) for name in unique]
    table = np.zeros((len(unique), len(question.lines)))
    texts: dict[str, list[int]] = {}
    for column, line in enumerate(question.lines):
        texts.setdefault(line.text.lower(), []).append(column)
    for text, columns in texts.items():
        shares = [sum(piece in text for piece in some) / len(some) if some else 0.0 for some in pieces]
        table[:, columns] = np.array(shares)[:, None]
    return table[rows]


def _pieces(profession: str) -> Collection[str]:
    """The words of a profession, and of Chinese each two signs that stand together."""
    text = profession.lower()
    signs = {run[at : at + 2] for run in SIGNS.findall(text) for at in range(max(1, len(run) - 1))}
    return signs | set(WORDS.findall(text))


def _nearness(question: Question) -> Shares:
    """1 where they named this site among those to which they come."""
    share = np.zeros(question.shape)
    found: dict[str, Shares] = {}
    for column, site in enumerate(question.sites):
        if site and site not in found:
            found[site] = question.people.reaches(site)[1].astype(np.float64)
        if site:
            share[:, column] = found[site]
    return share
