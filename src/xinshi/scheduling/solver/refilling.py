"""The instant answer to a drop-out: idle people take the empty places, nobody else is disturbed."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from xinshi.scheduling.solver.answer import Plan
from xinshi.scheduling.solver.checker import check
from xinshi.scheduling.solver.greedy import fill
from xinshi.scheduling.solver.model import model_of
from xinshi.scheduling.solver.problem import Ints, Problem
from xinshi.scheduling.solver.soundness import require_sound


def refill(problem: Problem, standing: Plan, dropped: Ints) -> Plan:
    """The standing plan without the pairs `dropped`, with every place that somebody idle can take.

    Whose pair was dropped takes nothing new, whatever else they hold. Urgent places first, then the best match. What
    bounded the standing plan bounds this one too. Locks on what was dropped are gone.
    """
    began = time.monotonic()
    problem = replace(
        problem, locks=np.setdiff1d(problem.locks, dropped), baseline=np.setdiff1d(problem.baseline, dropped)
    )
    require_sound(problem)
    model = model_of(problem)
    stays = np.zeros(model.pairs, np.bool_)
    stays[np.setdiff1d(standing.chosen, dropped)] = True
    is_busy = np.zeros(model.people, np.bool_)
    is_busy[model.pair_person[stays | model.pair_is_locked]] = True
    is_busy[model.pair_person[dropped]] = True
    idle = np.flatnonzero(~is_busy[model.pair_person])
    first = model.weight + model.bonus[model.pair_person, 0]
    chosen = np.flatnonzero(fill(model, idle[np.argsort(-first[idle], kind="stable")], stays))
    return replace(
        standing,
        chosen=chosen,
        worth=check(problem, chosen),
        filled=chosen.size,
        seconds=time.monotonic() - began,
    )
