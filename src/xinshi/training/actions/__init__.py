"""Writes of training, a file per group of verbs."""

from __future__ import annotations

from xinshi.training.actions.attending import (
    Mark,
    enter_held,
    give_up,
    mark,
    release_place,
    remind_of_sessions,
    reserve_place,
    sign_up,
)
from xinshi.training.actions.certifying import remind_of_expiry, revoke_certificate
from xinshi.training.actions.filing import add_file, remove_file
from xinshi.training.actions.holding import cancel_session, change_session, create_session, write_minutes
from xinshi.training.actions.judging import give_another_try, judge_practical
from xinshi.training.actions.learning import Answered, answer_quiz, draw_quiz, finish_lesson, start_course
from xinshi.training.actions.managing import (
    add_questions,
    change_course,
    close_course,
    create_course,
    move_lesson,
    open_course,
    retire_lesson,
    retire_question,
    save_lesson,
)

__all__ = [
    "Answered",
    "Mark",
    "add_file",
    "add_questions",
    "answer_quiz",
    "cancel_session",
    "change_course",
    "change_session",
    "close_course",
    "create_course",
    "create_session",
    "draw_quiz",
    "enter_held",
    "finish_lesson",
    "give_another_try",
    "give_up",
    "judge_practical",
    "mark",
    "move_lesson",
    "open_course",
    "release_place",
    "remind_of_expiry",
    "remind_of_sessions",
    "remove_file",
    "reserve_place",
    "retire_lesson",
    "retire_question",
    "revoke_certificate",
    "save_lesson",
    "sign_up",
    "start_course",
    "write_minutes",
]
