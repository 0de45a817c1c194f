"""Addresses of this room's pages."""

from __future__ import annotations

from django.urls import path

from xinshi.training import certificate_pages, desk_pages, pages, question_pages, session_pages

app_name = "training"
urlpatterns = [
    path("", pages.courses, name="courses"),
    path("courses/<int:course_id>/", pages.course, name="course"),
    path("courses/<int:course_id>/start/", pages.start, name="start"),
    path("courses/<int:course_id>/quiz/", pages.draw, name="draw"),
    path("lessons/<int:lesson_id>/", pages.lesson, name="lesson"),
    path("lessons/<int:lesson_id>/done/", pages.finish, name="finish"),
    path("files/<int:attachment_id>/", pages.attachment, name="attachment"),
    path("tries/<int:try_id>/", pages.quiz, name="quiz"),
    path("results/<int:result_id>/", pages.result, name="result"),
    path("record/", pages.record, name="record"),
    path("record/sheet/", pages.record_sheet, name="record_sheet"),
    path("certificates/", certificate_pages.certificates, name="certificates"),
    path("certificates/<int:certificate_id>/", certificate_pages.certificate, name="certificate"),
    path("certificates/<int:certificate_id>/paper/", certificate_pages.certificate_paper, name="certificate_paper"),
    path("certificates/<int:certificate_id>/revoke/", certificate_pages.revoke, name="revoke"),
    path("check/", certificate_pages.check, name="check"),
    path("check/<str:certificate_number>/", certificate_pages.check_number, name="check_number"),
    path("sessions/", session_pages.sessions, name="sessions"),
    path("sessions/<int:session_id>/", session_pages.session, name="session"),
    path("sessions/<int:session_id>/sign-up/", session_pages.sign_up, name="sign_up"),
    path("sessions/<int:session_id>/attendance/", session_pages.attendance, name="attendance"),
    path("sessions/<int:session_id>/mark/", session_pages.mark, name="mark"),
    path("sessions/<int:session_id>/practical/", session_pages.practical, name="practical"),
    path("sessions/<int:session_id>/minutes/", session_pages.minutes, name="minutes"),
    path("sessions/<int:session_id>/change/", desk_pages.change_session, name="change_session"),
    path("sessions/<int:session_id>/cancel/", desk_pages.cancel_session, name="cancel_session"),
    path("places/<int:place_id>/give-up/", session_pages.give_up, name="give_up"),
    path("desk/", desk_pages.desk, name="desk"),
    path("desk/courses/new/", desk_pages.new_course, name="new_course"),
    path("desk/courses/<int:course_id>/", desk_pages.manage, name="manage"),
    path("desk/courses/<int:course_id>/change/", desk_pages.change_course, name="change_course"),
    path("desk/courses/<int:course_id>/state/", desk_pages.set_state, name="set_state"),
    path("desk/courses/<int:course_id>/learners/", desk_pages.learners, name="learners"),
    path("desk/courses/<int:course_id>/lessons/new/", desk_pages.new_lesson, name="new_lesson"),
    path("desk/courses/<int:course_id>/questions/", question_pages.questions, name="questions"),
    path("desk/courses/<int:course_id>/questions/import/", question_pages.import_questions, name="import_questions"),
    path("desk/courses/<int:course_id>/questions/sheet/", question_pages.questions_sheet, name="questions_sheet"),
    path("desk/questions/<int:question_id>/retire/", question_pages.retire_question, name="retire_question"),
    path("desk/lessons/<int:lesson_id>/", desk_pages.edit_lesson, name="edit_lesson"),
    path("desk/lessons/<int:lesson_id>/move/", desk_pages.move_lesson, name="move_lesson"),
    path("desk/lessons/<int:lesson_id>/retire/", desk_pages.retire_lesson, name="retire_lesson"),
    path("desk/lessons/<int:lesson_id>/files/", desk_pages.add_file, name="add_file"),
    path("desk/files/<int:attachment_id>/remove/", desk_pages.remove_file, name="remove_file"),
    path("desk/enrolments/<int:enrolment_id>/try/", desk_pages.another_try, name="another_try"),
    path("desk/sessions/new/", desk_pages.new_session, name="new_session"),
    path("desk/records/", question_pages.records_sheet, name="records_sheet"),
]
