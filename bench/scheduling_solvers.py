"""One solver on saved problems, as a process of its own: `python -m bench.scheduling_solvers NAME SECONDS GAP FILE…`.

NAME is `xinshi`, `greedy`, `highs` (the whole as one integer program) or `cpsat`. For every file one line of JSON: what
was found and how long it took, without loading, without what a process does once, and without writing the whole down as
a model, which is told apart (`building_seconds`). OR-Tools and HiGHS are never in one process. The pairs chosen are part
of the line, so that whoever asked can check them; `is_found` is false where there was no plan at all in the time.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.scheduling_model import Whole, chosen_pairs, whole_model
from xinshi.scheduling.solver import files, instances
from xinshi.scheduling.solver.problem import Problem

Solve = Callable[[Problem, float, float], dict[str, Any]]
CORES = 2
HIGHS_FEASIBLE = 2


def answer(arguments: list[str]) -> None:
    name, seconds, gap = arguments[0], float(arguments[1]), float(arguments[2])
    solve = SOLVERS[name]
    if name in ("xinshi", "greedy"):
        solve(instances.week(0.02), seconds, gap)
    for file in arguments[3:]:
        problem, _ = files.load(Path(file))
        wall, processor = time.perf_counter(), time.process_time()
        found = {"is_found": True, "building_seconds": 0.0} | solve(problem, seconds, gap)
        found["seconds"] = time.perf_counter() - wall - found["building_seconds"]
        found["processor_seconds"] = time.process_time() - processor
        found["MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(found), flush=True)


def _xinshi(problem: Problem, seconds: float, gap: float) -> dict[str, Any]:
    planning = importlib.import_module("xinshi.scheduling.solver.planning")
    found = planning.plan(problem, time_limit_seconds=seconds, gap=gap)
    return {
        "chosen": found.chosen.tolist(),
        "bound": found.bound,
        "is_certain": bool(found.is_coverage_certain),
        "is_complete": found.is_complete,
    }


def _greedy(problem: Problem, _seconds: float, _gap: float) -> dict[str, Any]:
    greedy = importlib.import_module("xinshi.scheduling.solver.greedy")
    model = importlib.import_module("xinshi.scheduling.solver.model")
    return {"chosen": np.flatnonzero(greedy.by_scarcity(model.model_of(problem))).tolist()}


def _highs(problem: Problem, seconds: float, gap: float) -> dict[str, Any]:
    highspy = importlib.import_module("highspy")
    began = time.perf_counter()
    model = whole_model(problem)
    columns = model.value.size
    order = np.argsort(model.column, kind="stable")
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = columns, model.lower.size
    program.col_cost_ = -model.value.astype(float)
    program.col_lower_, program.col_upper_ = np.zeros(columns), np.ones(columns)
    program.row_lower_, program.row_upper_ = model.lower.astype(float), model.upper.astype(float)
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_ = np.searchsorted(model.column[order], np.arange(columns + 1))
    program.a_matrix_.index_ = model.row[order]
    program.a_matrix_.value_ = model.entry[order].astype(float)
    program.integrality_ = [highspy.HighsVarType.kInteger] * columns
    highs = highspy.Highs()
    for option, value in {"output_flag": False, "time_limit": seconds, "mip_rel_gap": gap, "threads": CORES}.items():
        highs.setOptionValue(option, value)
    highs.passModel(program)
    building = time.perf_counter() - began
    highs.run()
    # SolutionStatus has no enumeration in the module: 2 is "feasible".
    is_found = int(highs.getInfo().primal_solution_status) == HIGHS_FEASIBLE
    found = chosen_pairs(np.asarray(highs.getSolution().col_value), model) if is_found else np.zeros(0, np.int64)
    bound = float(-highs.getInfo().mip_dual_bound)
    return {
        "chosen": found.tolist(),
        "bound": bound if abs(bound) < 1e15 else 0.0,
        "is_found": is_found,
        "building_seconds": building,
    }


def _cpsat(problem: Problem, seconds: float, gap: float) -> dict[str, Any]:
    cp_model = importlib.import_module("ortools.sat.python.cp_model")
    began = time.perf_counter()
    model = whole_model(problem)
    program, columns = _constraints(cp_model, model)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = CORES
    solver.parameters.relative_gap_limit = gap
    building = time.perf_counter() - began
    status = solver.solve(program)
    is_found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    values = [solver.value(column) for column in columns[: model.pairs]] if is_found else []
    return {
        "chosen": chosen_pairs(np.array(values, np.float64), model).tolist(),
        "bound": float(solver.best_objective_bound),
        "is_found": is_found,
        "building_seconds": building,
    }


def _constraints(cp_model: Any, model: Whole) -> tuple[Any, list[Any]]:
    """The whole as CP-SAT takes it, and its columns."""
    program = cp_model.CpModel()
    columns = [program.new_bool_var("") for _ in range(model.value.size)]
    order = np.argsort(model.row, kind="stable")
    ends = np.searchsorted(model.row[order], np.arange(model.lower.size + 1))
    for row in range(model.lower.size):
        entries = order[ends[row] : ends[row + 1]]
        members = [columns[at] for at in model.column[entries].tolist()]
        if model.upper[row] == 1 and (model.entry[entries] == 1).all():
            program.add_at_most_one(members)
            continue
        total = cp_model.LinearExpr.weighted_sum(members, model.entry[entries].tolist())
        program.add_linear_constraint(total, int(model.lower[row]), int(model.upper[row]))
    program.maximize(cp_model.LinearExpr.weighted_sum(columns, model.value.tolist()))
    return program, columns


SOLVERS: dict[str, Solve] = {"xinshi": _xinshi, "greedy": _greedy, "highs": _highs, "cpsat": _cpsat}

if __name__ == "__main__":
    answer(sys.argv[1:])
