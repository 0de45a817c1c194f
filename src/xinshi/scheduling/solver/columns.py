"""The pool of columns: plans of single persons, each once, as flat arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xinshi.scheduling.solver.model import Flags, Floats, Model
from xinshi.scheduling.solver.problem import Ints


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """n plans; plan k is of `owner[k]` and has the pairs `member[first[k]:first[k+1]]`, in order of start."""

    owner: Ints
    first: Ints
    member: Ints

    @property
    def size(self) -> int:
        return self.owner.size

    @property
    def lengths(self) -> Ints:
        return np.diff(self.first)

    def of_member(self) -> Ints:
        """Which plan each entry of `member` is in."""
        return np.repeat(np.arange(self.size), self.lengths)

    def taken(self, which: Flags) -> Columns:
        """Only these plans."""
        lengths = self.lengths[which]
        return Columns(
            self.owner[which], np.concatenate([[0], np.cumsum(lengths)]), self.member[np.repeat(which, self.lengths)]
        )

    def joined(self, other: Columns) -> Columns:
        """These plans, then the other ones."""
        first = np.concatenate([self.first, other.first[1:] + self.member.size])
        return Columns(np.concatenate([self.owner, other.owner]), first, np.concatenate([self.member, other.member]))

    def sums(self, values: Floats, model: Model) -> Floats:
        """[n]: what each plan gives if each pair gives `values` and fairness its bonus."""
        total = np.bincount(self.of_member(), weights=values[self.member], minlength=self.size)
        return total + fairness_of(model, self.owner, self.lengths)


NO_COLUMNS = Columns(np.zeros(0, np.int64), np.zeros(1, np.int64), np.zeros(0, np.int64))


def fairness_of(model: Model, people: Ints, counts: Ints) -> Floats:
    """What so many shifts give each of these people beside the shifts themselves; the last step goes on."""
    steps = model.bonus.shape[1]
    summed = np.concatenate([np.zeros((people.size, 1)), np.cumsum(model.bonus[people], axis=1)], axis=1)
    within = summed[np.arange(people.size), np.minimum(counts, steps)]
    beyond: Floats = np.maximum(counts - steps, 0) * model.bonus[people, -1]
    return within + beyond


def columns_of(model: Model, chosen: Flags) -> Columns:
    """The plans of everybody who has a chosen pair."""
    member = np.flatnonzero(chosen)
    owner = model.pair_person[member]
    begins = np.flatnonzero(np.diff(owner, prepend=-1))
    return Columns(owner[begins], np.append(begins, member.size), member)


def singles(model: Model, pairs: Ints) -> Columns:
    """A plan of its own for each of these pairs."""
    return Columns(model.pair_person[pairs], np.arange(pairs.size + 1), pairs)


class Pool:
    """All plans found so far. A plan is known by a sum of random numbers of its pairs: two plans with the same sum would
    cost the pool a column, never the answer its proof."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.columns = NO_COLUMNS
        self.values: Floats = np.zeros(0)
        numbers = np.random.default_rng(20_260_301)
        self._marks: NDArray[np.uint64] = numbers.integers(1, 2**63, model.pairs, dtype=np.uint64)
        self._known: set[int] = set()

    def add(self, plans: Columns) -> Columns:
        """Those of `plans` that are new; they stand at the end of the pool now."""
        allowed = self._have_their_locks(plans)
        new = np.zeros(plans.size, np.bool_)
        sums = np.add.reduceat(self._marks[plans.member], plans.first[:-1]).tolist() if plans.size else []
        for at, mark in enumerate(sums):
            if allowed[at] and mark not in self._known:
                self._known.add(mark)
                new[at] = True
        added = plans.taken(new)
        self.columns = self.columns.joined(added)
        self.values = np.concatenate([self.values, added.sums(self.model.weight, self.model)])
        return added

    def _have_their_locks(self, plans: Columns) -> Flags:
        locked = self.model.pair_is_locked
        due = np.bincount(self.model.pair_person[locked], minlength=self.model.people)[plans.owner]
        held = np.bincount(plans.of_member(), weights=locked[plans.member], minlength=plans.size)
        return np.asarray(held == due)
