"""Addresses of this room's pages."""

from __future__ import annotations

from django.urls import path

from xinshi.organizations import pages, team_pages
from xinshi.organizations.agreements import pages as agreement_pages
from xinshi.organizations.belonging import kept_pages, own_pages
from xinshi.organizations.designations import pages as designation_pages

app_name = "organizations"
urlpatterns = [
    path("", pages.organizations, name="list"),
    path("new/", pages.create, name="create"),
    path("export/", pages.export, name="export"),
    path("mine/", own_pages.mine, name="mine"),
    path("mine/<int:organization_id>/consent/", own_pages.consent, name="consent"),
    path("mine/<int:organization_id>/primary/", own_pages.primary, name="primary"),
    path("mine/enrolments/<int:enrolment_id>/", own_pages.answer, name="answer_enrolment"),
    path("kept/", kept_pages.kept_list, name="kept_list"),
    path("kept/template/", kept_pages.template, name="enrol_template"),
    path("kept/<int:organization_id>/", kept_pages.kept_one, name="kept"),
    path("kept/<int:organization_id>/export/", kept_pages.export, name="kept_export"),
    path("kept/<int:organization_id>/members/<int:person_id>/phone/", kept_pages.phone, name="kept_phone"),
    path("kept/<int:organization_id>/enrol/", kept_pages.enrol, name="enrol"),
    path("kept/<int:organization_id>/enrol/<str:key>/", kept_pages.enrol_preview, name="enrol_preview"),
    path("kept/<int:organization_id>/enrol/<str:key>/result/", kept_pages.enrol_result, name="enrol_result"),
    path("kept/<int:organization_id>/enrol/<str:key>/rejected/", kept_pages.enrol_rejected, name="enrol_rejected"),
    path(
        "kept/<int:organization_id>/enrolments/<int:enrolment_id>/withdraw/",
        kept_pages.withdraw,
        name="withdraw_enrolment",
    ),
    path("agreements/", agreement_pages.agreements, name="agreements"),
    path("agreements/<int:agreement_id>/", agreement_pages.agreement, name="agreement"),
    path("agreements/<int:agreement_id>/edit/", agreement_pages.edit, name="edit_agreement"),
    path("agreements/<int:agreement_id>/force/", agreement_pages.put_in_force, name="put_in_force"),
    path("agreements/<int:agreement_id>/end/", agreement_pages.end, name="end_agreement"),
    path("agreements/<int:agreement_id>/contact/", agreement_pages.contact, name="agreement_contact"),
    path("agreements/<int:agreement_id>/files/", agreement_pages.add_file, name="add_scan"),
    path("agreements/files/<int:scan_id>/", agreement_pages.scan, name="scan"),
    path("designations/", designation_pages.designations, name="designations"),
    path("designations/<int:designation_id>/", designation_pages.designation, name="designation"),
    path("designations/<int:designation_id>/review/", designation_pages.review, name="review"),
    path("<int:organization_id>/agreements/new/", agreement_pages.draft, name="draft_agreement"),
    path("<int:organization_id>/designations/new/", designation_pages.designate, name="designate"),
    path("<int:organization_id>/join/", own_pages.join_open, name="join_open"),
    path("<int:organization_id>/", pages.organization, name="detail"),
    path("<int:organization_id>/edit/", pages.edit, name="edit"),
    path("<int:organization_id>/members/", pages.join, name="join"),
    path("<int:organization_id>/invite/", team_pages.invite, name="invite"),
    path(
        "<int:organization_id>/invitations/<int:invitation_id>/end/", team_pages.end_invitation, name="end_invitation"
    ),
    path("<int:organization_id>/leave/", team_pages.leave_team, name="leave_team"),
    path("<int:organization_id>/members/<int:person_id>/lead/", team_pages.set_leader, name="set_leader"),
    path("join/<str:word>/", team_pages.invitation, name="invitation"),
    path("<int:organization_id>/members/<int:person_id>/leave/", pages.leave, name="leave"),
]
