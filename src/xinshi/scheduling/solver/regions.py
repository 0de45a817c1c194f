"""A warm start for large problems: regions are solved apart, and their bases joined into one for the whole.

A linear program of 40,000 people begun from nothing takes minutes, ten of 4,000 take seconds. Sites that share many people
form a region; everybody belongs to the region where they could serve most. As no column of a region has a row of another,
the joined basis is optimal for the joined columns, and the rounds go on from there with the plans that cross borders.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import highspy
import numpy as np

from xinshi.scheduling.solver.columns import NO_COLUMNS, Columns, columns_of
from xinshi.scheduling.solver.course import Course
from xinshi.scheduling.solver.greedy import by_scarcity
from xinshi.scheduling.solver.master import Basis, Master, rows_of
from xinshi.scheduling.solver.model import SITE, Flags, Floats, Model, Part, part_of
from xinshi.scheduling.solver.passes import price_passes
from xinshi.scheduling.solver.pricing import Prices, reduced_values
from xinshi.scheduling.solver.problem import Ints
from xinshi.scheduling.solver.rounds import generate, most_wanted

PEOPLE_WHOLE_MAX: Final = 8_000
"""More people than this are first planned region by region."""
PEOPLE_A_REGION: Final = 3_500
KEPT_BELOW: Final = 20.0
"""Plans of a region that give so much less than their person's best are not carried into the whole."""


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """A master problem of the whole with its first basis, and the prices of the regions."""

    master: Master
    prices: Prices


def warm_start(model: Model, course: Course, *, tolerance: float, seed: int) -> Start | None:
    """None where one piece is best, or where the time does not suffice."""
    region_of_person, region_of_line, regions = assigned(model)
    if model.people <= PEOPLE_WHOLE_MAX or regions < 2:
        return None
    master = Master(model, course, seed=seed)
    joined = _Joined(model)
    for region in range(regions):
        part = part_of(model, people=region_of_person == region, lines=region_of_line == region)
        course.tell("regions", region / regions)
        if not _solve_part(part, joined, course, tolerance=tolerance, seed=seed):
            return None
    master.add(joined.columns)
    if master.pool.columns.size == joined.columns.size:
        master.begin(Basis(joined.links, joined.plans, joined.rows))
    return Start(master, Prices(joined.line, joined.link))


class _Joined:
    """What the regions found, by the names of the whole."""

    def __init__(self, model: Model) -> None:
        status = highspy.HighsBasisStatus
        self.model = model
        self.columns: Columns = NO_COLUMNS
        self.plans: list[highspy.HighsBasisStatus] = []
        self.links = [status.kLower] * model.links
        self.rows = [status.kBasic] * rows_of(model)
        self.line: Floats = np.zeros(model.lines)
        self.link: Floats = np.full(2 * model.links, model.team_bonus / 2)

    def take(self, part: Part, columns: Columns, basis: Basis, kept: Flags, prices: Prices) -> None:
        """The basis of a solved part; of its plans only those `kept`."""
        model, inner = self.model, part.model
        own = columns.taken(kept)
        self.columns = self.columns.joined(Columns(part.people[own.owner], own.first, part.pairs[own.member]))
        self.plans += [basis.plans[at] for at in np.flatnonzero(kept)]
        names = np.concatenate([part.lines, model.lines + part.people])
        beyond = model.lines + model.people
        link_rows = np.stack([2 * part.links, 2 * part.links + 1], axis=1).ravel()
        for row, name in enumerate(np.concatenate([names, beyond + link_rows]).tolist()):
            self.rows[name] = basis.rows[row]
        for at, name in enumerate(part.links.tolist()):
            self.links[name] = basis.links[at]
        self.line[part.lines] = prices.line
        self.link[link_rows] = prices.link
        assert len(basis.rows) == rows_of(inner)


def _solve_part(part: Part, joined: _Joined, course: Course, *, tolerance: float, seed: int) -> bool:
    """Solve one region and join what it found; False where the time ran out."""
    model = part.model
    if model.people == 0 or model.pairs == 0:
        return True
    held = by_scarcity(model)
    course = course.unwatched()
    best, harvest = price_passes(model, held, course)
    master = Master(model, course, seed=seed)
    for plans in (columns_of(model, model.pair_is_locked), columns_of(model, held), *harvest):
        master.add(plans)
    master.add(most_wanted(model, reduced_values(model, best.prices)))
    found = generate(master, best, course, tolerance=tolerance)
    mix = master.solve()
    if found.mix is None or mix is None:
        return False
    basis = master.basis()
    is_basic = np.array([status == highspy.HighsBasisStatus.kBasic for status in basis.plans])
    joined.take(part, master.pool.columns, basis, is_basic | (mix.reduced < KEPT_BELOW), found.best.prices)
    return True


def assigned(model: Model) -> tuple[Ints, Ints, int]:
    """The region of every person (−1: of none, as their locks lie in several) and of every line, and how many there are."""
    line_site = np.zeros(model.lines, np.int64)
    line_site[model.pair_line] = model.facts[:, SITE]
    group = _groups_of_sites(model)
    region_of_line = group[line_site]
    regions = int(group.max()) + 1 if group.size else 1
    region_of_pair = region_of_line[model.pair_line]
    # A lock outweighs any number of possibilities.
    weight = model.weight + 1e9 * model.pair_is_locked
    flat = np.bincount(model.pair_person * regions + region_of_pair, weights=weight, minlength=model.people * regions)
    by_region = flat.reshape(model.people, regions)
    region_of_person = by_region.argmax(axis=1)
    region_of_person[(by_region >= 1e9).sum(axis=1) > 1] = -1
    return region_of_person, region_of_line, regions


def _groups_of_sites(model: Model) -> Ints:
    """Groups of sites, merged by the people they share until a group would have more than a region's people."""
    sites = model.travel_minutes.shape[0]
    could = np.zeros((model.people, sites), np.float32)
    could[model.pair_person, model.facts[:, SITE]] = 1.0
    could /= np.maximum(could.sum(axis=1, keepdims=True), 1.0)
    shared = (could.T @ could).astype(np.float64)
    people = could.sum(axis=0, dtype=np.float64)
    group = np.arange(sites)
    is_open = np.ones(sites, np.bool_)
    np.fill_diagonal(shared, 0.0)
    for _ in range(sites):
        fits = is_open[:, None] & is_open[None, :] & (people[:, None] + people[None, :] <= PEOPLE_A_REGION)
        closeness = np.where(fits, shared / np.sqrt(np.outer(people, people) + 1.0), 0.0)
        np.fill_diagonal(closeness, 0.0)
        one, other = divmod(int(closeness.argmax()), sites)
        if closeness[one, other] <= 0.0:
            break
        group[group == other] = one
        people[one] += people[other]
        shared[one] += shared[other]
        shared[:, one] += shared[:, other]
        shared[one, one] = 0.0
        is_open[other] = False
    names: Ints = np.unique(group, return_inverse=True)[1]
    return names
