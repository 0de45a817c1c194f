"""Two banks, a bad network, a virtual clock and a seed: thousands of histories of hours that move between banks (R3).

Packets are lost, repeated, overtaken and delayed past every expiry; either bank crashes before and after any step that it
stores, and its clock is wrong. After each event: minutes here + there + on their way change by deposits and redemptions
alone. After the faults stop: every transfer has ended, on both sides alike, and the two banks' lists match.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.trust.simulated_bank import Answer, Crash, Message, Packet, SimulatedBank
from xinshi.interbank.protocol.bodies import AnswerState, MessageType
from xinshi.interbank.protocol.states import AskerState, PayerState

PEOPLE = ("a" * 64, "b" * 64, "c" * 64)
STRANGER = "d" * 64
FAULTS_SECONDS = 3_000
EVENTS_MAX = 6_000
TIMEOUT_SECONDS = 10
WORK_EVERY_SECONDS = 10
LIMIT_MINUTES = 400
RARE_STEPS = ("record", "take waiting", "close", "hold")
RARE_STEPS_LIKELIER = 8
"""So much more often a bank crashes at a step that it seldom comes to."""


@dataclass(slots=True)
class Found:
    """What one history showed."""

    seed: int
    wrong: list[str] = field(default_factory=list)
    crashes: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    """What the network did to packets: lost, repeated, late (after the sender gave up waiting)."""
    events: int = 0
    messages: int = 0
    """Of the protocol, each counted once, however often it was sent."""
    packets: int = 0


@dataclass(slots=True)
class Simulation:
    """One history. `banks` makes them, so that a planted bug is a class."""

    seed: int
    make: Callable[..., SimulatedBank] = SimulatedBank
    now: int = 0
    is_healed: bool = False
    has_changed: bool = False
    queue: list[tuple[int, int, Callable[[], None]]] = field(default_factory=list)
    counter: int = 0
    down_until: dict[str, int] = field(default_factory=dict)
    issued: int = 0
    dice: random.Random = field(init=False)
    found: Found = field(init=False)
    loss: float = field(init=False)
    repeat: float = field(init=False)
    crash: float = field(init=False)
    delay: int = field(init=False)
    banks: dict[str, SimulatedBank] = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.found = Found(self.seed)
        self.loss, self.repeat, self.crash = (self.dice.random() * most for most in (0.5, 0.4, 0.06))
        self.delay = self.dice.choice((1, 5, 60, 2_000))
        self.banks = {
            code: self.make(code, other, self, self.dice, ahead=self.dice.randint(-300, 300), limit=LIMIT_MINUTES)
            for code, other in (("bank-a", "bank-b"), ("bank-b", "bank-a"))
        }
        for bank in self.banks.values():
            bank.consented = set(PEOPLE)
            self.down_until[bank.code] = 0

    # The world of a bank.

    def may_crash(self, bank: SimulatedBank, step: str) -> bool:
        self.has_changed = True
        likely = self.crash * (RARE_STEPS_LIKELIER if step.split(" ", 1)[1] in RARE_STEPS else 1)
        if self.is_healed or self.dice.random() >= likely:
            return False
        self.found.crashes[step] += 1
        self.down_until[bank.code] = self.now + self.dice.randint(1, 120)
        return True

    def send(self, sender: SimulatedBank, packet: Packet) -> None:
        """Give a packet to the network, which may lose, repeat and delay it; nobody is told."""
        to = self.banks[sender.partner]
        copies = 1 if self.is_healed else (self.dice.random() >= self.loss) + (self.dice.random() < self.repeat)
        self.found.packets += 1
        self.found.faults["lost"] += copies == 0
        self.found.faults["repeated"] += copies == 2
        for _ in range(copies):
            delay = 1 if self.is_healed else self.dice.randint(0, self.delay)
            self.found.faults["late"] += delay > TIMEOUT_SECONDS
            self.at(self.now + delay, lambda: self._deliver(to, packet))
        if packet.question and not isinstance(packet.contents[0], Answer):
            wait = self.now + TIMEOUT_SECONDS
            self.at(wait, lambda: self._alive(sender, lambda: sender.unanswered(packet.question)))

    def _deliver(self, to: SimulatedBank, packet: Packet) -> None:
        if isinstance(packet.contents[0], Answer):
            for answer in packet.contents:
                assert isinstance(answer, Answer), "answers travel alone"
                self._alive(to, lambda answer=answer: to.answered(answer))
        else:
            self._alive(to, lambda: to.received(packet))

    def _alive(self, bank: SimulatedBank, work: Callable[[], None]) -> None:
        """A bank that is down does nothing, and nobody is told."""
        if self.down_until[bank.code] > self.now:
            return
        try:
            work()
        except Crash:
            return

    # The history.

    def at(self, moment: int, work: Callable[[], None]) -> None:
        self.counter += 1
        heapq.heappush(self.queue, (moment, self.counter, work))

    def run(self) -> Found:
        self._plan()
        while self.queue and self.found.events < EVENTS_MAX and not self.found.wrong:
            self.now, _, work = heapq.heappop(self.queue)
            if self.now >= FAULTS_SECONDS and not self.is_healed:
                self.is_healed = True
                self.down_until = dict.fromkeys(self.down_until, 0)
            work()
            self.found.events += 1
            if self.has_changed:
                self.has_changed = False
                self._check_conserved()
            if self.is_healed and self._is_quiet():
                break
        if not self.found.wrong:
            self._check_ended()
        self.found.messages = sum(len(bank.store.out) for bank in self.banks.values())
        return self.found

    def _plan(self) -> None:
        for bank in self.banks.values():
            for person in PEOPLE:
                bank.store.posted[person] = minutes = self.dice.randint(0, 300)
                self.issued += minutes
            self.at(0, lambda bank=bank: self._work(bank))
        latest = self.dice.choice((60, FAULTS_SECONDS - 200))
        for number in range(self.dice.randint(2, 12)):
            self.at(self.dice.randint(0, latest), lambda number=number: self._somebody_acts(number))

    def _work(self, bank: SimulatedBank) -> None:
        self._alive(bank, bank.work)
        pause = self.dice.randint(1, 2 * WORK_EVERY_SECONDS) * (1 if self.delay < 1_000 or self.is_healed else 10)
        self.at(self.now + pause, lambda: self._work(bank))

    def _somebody_acts(self, number: int) -> None:
        bank = self.banks[self.dice.choice(("bank-a", "bank-b"))]
        person = self.dice.choice((*PEOPLE, *PEOPLE, STRANGER))
        minutes, lifetime = self.dice.randint(1, 250), self.dice.choice((30, 600, 4_000))
        key = f"t{self.seed:016d}{number:03d}"
        what = self.dice.random()
        if what < 0.45:
            self._alive(bank, lambda: bank.give(person, minutes, key=key, lifetime=lifetime) and None)
        elif what < 0.85:
            self._alive(bank, lambda: bank.ask(person, minutes, key=key, lifetime=lifetime))
        else:
            change = minutes if self.dice.random() < 0.5 else -min(minutes, bank.available(person))
            bank.store.posted[person] += change
            self.issued += change
            self.has_changed = True

    # What must hold.

    def _check_conserved(self) -> None:
        """Minutes that can be spent here + there + on their way: what was deposited less what was redeemed."""
        found = on_the_way = 0
        for bank in self.banks.values():
            other = self.banks[bank.partner]
            found += sum(bank.store.posted.values()) - sum(minutes for _, minutes in bank.store.held.values())
            applied = {slot[1] for slot, kept in other.store.outcomes.items() if _is_applied_transfer(slot[0], kept)}
            on_the_way += sum(minutes for key, (_, minutes) in bank.store.held.items() if key not in applied)
            if any(bank.store.posted[person] < 0 for person in bank.store.posted):
                self.found.wrong.append(f"{bank.code}: somebody is below zero")
            if -bank.store.clearing > LIMIT_MINUTES:
                self.found.wrong.append(f"{bank.code}: {-bank.store.clearing} minutes came in, {LIMIT_MINUTES} may")
            twice = [key for key, times in Counter(key for key, _ in bank.store.credited).items() if times > 1]
            if twice:
                self.found.wrong.append(f"{bank.code}: {twice[0]} was applied more than once")
            if bank.store.is_disputed:
                self.found.wrong.append(f"{bank.code}: the partner went into dispute without a cause")
        if found + on_the_way != self.issued:
            self.found.wrong.append(f"{found} + {on_the_way} on their way, {self.issued} were issued")

    def _is_quiet(self) -> bool:
        return all(
            one.state.is_final
            for bank in self.banks.values()
            for one in [*bank.store.going.values(), *bank.store.asking.values()]
        ) and all(
            bank.store.delivered_next > len(bank.store.out)
            and self.banks[bank.partner].store.head.next_sequence > len(bank.store.out)
            for bank in self.banks.values()
        )

    def _check_ended(self) -> None:
        for bank in self.banks.values():
            other = self.banks[bank.partner]
            for key, one in [*bank.store.going.items(), *bank.store.asking.items()]:
                if not one.state.is_final:
                    self.found.wrong.append(f"{bank.code}: {key} is still {one.state.value}")
                self.found.outcomes[one.state.value] += 1
            if bank.store.held:
                self.found.wrong.append(f"{bank.code}: minutes are still held")
            self.found.wrong += _differences(bank, other)
        if sum(bank.store.clearing for bank in self.banks.values()):
            self.found.wrong.append("the clearing accounts do not mirror each other")


def _is_applied_transfer(kind: MessageType, kept: Answer) -> bool:
    return kind is MessageType.TRANSFER and kept.state is AnswerState.APPLIED


SENT_STATES = {
    PayerState.CONFIRMED: AnswerState.APPLIED,
    PayerState.REJECTED: AnswerState.REFUSED,
    AskerState.APPLIED: AnswerState.APPLIED,
    AskerState.REFUSED: AnswerState.APPLIED,
    AskerState.DECLINED: AnswerState.REFUSED,
}
"""A request whose hours came, even if they were refused here, was granted there."""


def _differences(bank: SimulatedBank, other: SimulatedBank) -> list[str]:
    """What the four lists show of one stream: only here, only there, and what differs."""
    sent = {message.hash: message for message in bank.store.out}
    received = {message.hash: message for message in other.store.recorded.values()}
    wrong = [f"only at {bank.code}: {message.sequence}" for one, message in sent.items() if one not in received]
    wrong += [f"only at {other.code}: {message.sequence}" for one, message in received.items() if one not in sent]
    for one, message in sent.items():
        kept = other.store.outcomes.get((message.type, message.key, one))
        here = _state_here(bank, message)
        if kept is None or kept.state is not here:
            wrong.append(f"{message.key}: {here} at {bank.code}, {kept.state if kept else None} at {other.code}")
    return wrong


def _state_here(bank: SimulatedBank, message: Message) -> AnswerState | None:
    mine = bank.store.going if message.type is MessageType.TRANSFER else bank.store.asking
    return SENT_STATES.get(mine[message.key].state)


def run(seed: int, make: Callable[..., SimulatedBank] = SimulatedBank) -> Found:
    return Simulation(seed, make).run()
