"""From a mix of plans to one plan: a greedy plan that follows the mix, then a small integer program.

People whose plan in the mix is whole keep it or serve not at all; everybody else may have any of their good plans
(RENS: relaxation enforced neighbourhood search, Berthold 2014). Where that does not come near enough to the bound, also
people with a whole plan may have others that give almost as much.
"""

from __future__ import annotations

from typing import Final

import highspy
import numpy as np

from xinshi.scheduling.solver.columns import Columns, columns_of
from xinshi.scheduling.solver.course import Course
from xinshi.scheduling.solver.greedy import by_score
from xinshi.scheduling.solver.master import Master, Mix
from xinshi.scheduling.solver.model import Flags, Model
from xinshi.scheduling.solver.pricing import reduced_values

USED, WHOLE = 1e-6, 1 - 1e-6
NEARLY: Final = 60.0
"""Plans that give so much less than their person's best are left out."""
GAP: Final = 0.99
"""Worths are whole: less than one is nothing."""
NODES_MAX: Final = 2_000
"""The search ends after so many nodes, so that it ends alike on every machine that has the time."""


def guided(model: Model, master: Master, mix: Mix) -> Flags:
    """The greedy plan that takes first what the mix has most of, then what gives most at its prices."""
    columns = master.pool.columns
    shares = np.append(mix.shares, np.zeros(columns.size - mix.shares.size))
    share = np.bincount(columns.member, weights=shares[columns.of_member()], minlength=model.pairs)
    return by_score(model, np.round(share, 6) * 1e6 + reduced_values(model, mix.prices))


def rounded(
    master: Master, mix: Mix, start: Flags, course: Course, *, width: float, target: float, seed: int
) -> Flags | None:
    """The best plan among the good columns, `start` or better; None where there is no time for any.

    It is good enough once it is worth `target`. `width`: other plans of a person that give so much less than their whole
    one are still looked at.
    """
    model = master.model
    columns = master.pool.columns
    unknown = columns.size - mix.shares.size
    shares, reduced = np.append(mix.shares, np.zeros(unknown)), np.append(mix.reduced, np.full(unknown, NEARLY))
    is_whole = shares > WHOLE
    settled = np.zeros(model.people, np.bool_)
    settled[columns.owner[is_whole]] = True
    is_open = reduced < np.where(settled[columns.owner], width, NEARLY)
    return best_of(model, columns.taken((shares > USED) | is_open), start, course, target=target, seed=seed)


def best_of(model: Model, plans: Columns, start: Flags, course: Course, *, target: float, seed: int) -> Flags | None:
    """The best whole made of these plans and those of `start`; None where there is no time for any."""
    program = Master(model, course, seed=seed)
    program.add(plans)
    program.add(columns_of(model, start))
    _begin_with(program, start)
    if course.is_over():
        return None
    chosen_columns = _integer_solution(program, course, target)
    if chosen_columns is None:
        return None
    chosen = np.zeros(model.pairs, np.bool_)
    chosen[program.pool.columns.taken(chosen_columns).member] = True
    return chosen


def _begin_with(program: Master, start: Flags) -> None:
    """Give HiGHS the plan `start` as its first solution."""
    columns, model = program.pool.columns, program.model
    is_in = np.bincount(columns.of_member(), weights=start[columns.member], minlength=columns.size) == columns.lengths
    count = np.bincount(model.pair_person[start], minlength=model.people)
    held = is_in & (columns.lengths == count[columns.owner])
    rows = np.zeros(2 * model.links)
    inside = start[model.link_pair]
    rows[model.link_row[inside]] = 1.0
    solution = highspy.HighsSolution()
    solution.col_value = [*(rows[0::2] * rows[1::2]).tolist(), *held.astype(np.float64).tolist()]
    program.highs.setSolution(solution)


def _integer_solution(program: Master, course: Course, target: float) -> Flags | None:
    highs, links, plans = program.highs, program.model.links, program.pool.columns.size
    highs.setOptionValue("solver", "choose")
    highs.setOptionValue("mip_rel_gap", 0.0)
    highs.setOptionValue("mip_abs_gap", GAP)
    highs.setOptionValue("objective_target", -target)
    highs.setOptionValue("mip_max_nodes", NODES_MAX)
    highs.setOptionValue("time_limit", max(course.left, 0.01))
    which = np.arange(links, links + plans, dtype=np.int32)
    highs.changeColsIntegrality(plans, which, np.array([highspy.HighsVarType.kInteger] * plans))
    highs.run()
    if highs.getModelStatus() in (highspy.HighsModelStatus.kTimeLimit, highspy.HighsModelStatus.kInterrupt):
        course.was_cut = True
    values = np.asarray(highs.getSolution().col_value)
    if values.size != links + plans:
        return None
    return np.asarray(values[links:] > 0.5)
