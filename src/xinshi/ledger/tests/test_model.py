"""No history that hypothesis can invent leaves the book and the model apart; the machine stands in `machine.py`.

XINSHI_MODEL_EXAMPLES and XINSHI_MODEL_STEPS make it deeper, `--hypothesis-seed` runs it again.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from xinshi.ledger.tests.machine import BookMachine

EXAMPLES = int(os.environ.get("XINSHI_MODEL_EXAMPLES", "100"))
STEPS = int(os.environ.get("XINSHI_MODEL_STEPS", "50"))


@pytest.mark.slow
def test_any_history_leaves_a_book_that_agrees_with_the_model(db: None, seal_now: Callable[[], int]) -> None:
    run_state_machine_as_test(
        BookMachine,
        settings=settings(max_examples=EXAMPLES, stateful_step_count=STEPS, suppress_health_check=list(HealthCheck)),
    )
