"""Who serves with the hospital: bases at universities, demonstrations, agreements, who keeps what, who agreed to be seen."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Final

from xinshi.activities.actions import create_activities_many
from xinshi.activities.domain import NewActivity, NewShift
from xinshi.demo.hospital import KEEPERS, OTHER_LEADERS, PASSWORD, Hospital, Progress
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.organizations.actions import change_organization, create_organization, join_many
from xinshi.organizations.agreements.actions import Terms, add_files, draft_agreement, put_in_force
from xinshi.organizations.belonging.enrolling import enrol
from xinshi.organizations.designations.actions import NewDesignation, designate, review
from xinshi.organizations.membership import consent_on_paper
from xinshi.organizations.models import Designation, DesignationReview, Membership, Organization
from xinshi.organizations.teams import set_leader
from xinshi.people.actions import NewUser, create_users
from xinshi.people.models import Person

HOUR: Final = 60
HOSPITAL_NAME: Final = "示范市中心医院"
TEAM_NAME: Final = "门诊导诊示范队"
TEAM_SIZE: Final = 24
SEEN_OF_TEN: Final = 7
SHIFT_DAYS: Final = (9, 16, 23)
ASKED: Final = range(70, 73)
BASE, POINT, TEAM = Designation.Kind.BASE, Designation.Kind.POINT, Designation.Kind.TEAM
MINUTES, PERSON_TIMES = Designation.Measure.MINUTES, Designation.Measure.PERSON_TIMES
NAMED: Final = (
    (
        "示范大学志愿服务爱心基地",
        BASE,
        "示范大学志愿服务爱心基地",
        "示范大学大学生活动中心",
        MINUTES,
        1_700 * HOUR,
        200,
    ),
    (
        "示范医学院青年志愿者协会",
        BASE,
        "示范医学院志愿服务爱心基地",
        "示范医学院图书馆一楼",
        MINUTES,
        1_900 * HOUR,
        150,
    ),
    ("示范师范学院手语社", BASE, "示范师范学院手语志愿服务爱心基地", "示范师范学院教学楼", PERSON_TIMES, 900, 90),
    ("急诊科", POINT, "急诊导引志愿服务示范点", "急诊大厅", PERSON_TIMES, 260, 20),
    ("东湖街道志愿服务队", POINT, "东湖社区义诊示范点", "东湖街道卫生服务站", MINUTES, 480 * HOUR, 120),
    (TEAM_NAME, TEAM, "示范市志愿服务示范队", "门诊大厅", PERSON_TIMES, 500, 60),
)
"""Organisation, kind, title, place, measure, target per year, days until the next review."""
AGREED: Final = (
    (
        "示范大学志愿服务爱心基地",
        "共建志愿服务爱心基地协议",
        "每学期招募不少于60名学生参加门诊导引和陪诊；医院提供岗前培训与保险。",
        -700,
        395,
    ),
    ("示范医学院青年志愿者协会", "青年志愿者协会合作协议", "医学生参加健康宣教与义诊，由护理部带教。", -690, 40),
    ("东湖街道志愿服务队", "社区义诊合作协议", "每月一次社区义诊，街道负责场地与宣传。", -340, 25),
    ("示范市中心血站", "无偿献血志愿服务协议", "共同组织献血宣传与献血车现场服务。", -400, 330),
)
"""Organisation, title, what it covers, first and last day counted from today."""
SCAN: Final = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
)


def let_partners_take_part(hospital: Hospital, system: Actor, *, progress: Progress) -> None:
    """The tree, who keeps what, consents, bases and demonstrations with a review, agreements, shifts kept for students."""
    steps = (_build_the_tree, _name_keepers, _agree_to_be_seen, _designate, _sign, _keep_shifts, _ask)
    for done, step in enumerate(steps, start=1):
        step(hospital, system)
        progress(done, len(steps))


def _build_the_tree(hospital: Hospital, system: Actor) -> None:
    """Departments below the hospital, a team below its department."""
    root = create_organization(actor=system, name=HOSPITAL_NAME, kind=Organization.Kind.HOSPITAL)
    for row in Organization.objects.filter(kind=Organization.Kind.DEPARTMENT):
        change_organization(
            actor=system,
            organization_id=row.pk,
            name=row.name,
            kind=Organization.Kind.DEPARTMENT,
            contact=row.contact,
            is_active=True,
            parent_id=root,
        )
    clinic = hospital.organizations["门诊部"]
    team = create_organization(
        actor=system, name=TEAM_NAME, kind=Organization.Kind.TEAM, parent_id=clinic, contact="门诊部护士长"
    )
    hospital.organizations[TEAM_NAME] = team
    members = Membership.objects.filter(organization_id=clinic, until=None).order_by("pk")[:TEAM_SIZE]
    since = hospital.today - timedelta(days=600)
    join_many(actor=system, memberships=[(row.person_id, team) for row in members], since=since)


def _name_keepers(hospital: Hospital, system: Actor) -> None:
    """Every partner and university has somebody who keeps it; two of them have a sign-in for this demo."""
    rows = Membership.objects.filter(until=None, person__user=None).order_by("-pk")
    first: dict[int, int] = dict(rows.values_list("organization_id", "person_id"))
    for organization_id, person_id in sorted(first.items()):
        set_leader(actor=system, organization_id=organization_id, person_id=person_id, leads=True)
    create_users(
        actor=system,
        users=[
            NewUser(
                username=username,
                password=PASSWORD,
                person_id=first[hospital.organizations[name]],
                roles=frozenset({Role.VOLUNTEER}),
            )
            for username, name in KEEPERS.items()
        ],
    )


def _agree_to_be_seen(_: Hospital, system: Actor) -> None:
    """Seven of ten signed on paper that who keeps their organisation may see them; the keepers did themselves."""
    kinds = [Organization.Kind.UNIVERSITY, Organization.Kind.PARTNER, Organization.Kind.TEAM]
    rows = Membership.objects.filter(until=None).filter(organization__kind__in=kinds)
    agreed = [pk for pk, leads in rows.values_list("pk", "is_leader") if leads or pk % 10 < SEEN_OF_TEN]
    kept = Membership.objects.filter(until=None, is_leader=True).values_list("pk", flat=True)
    consent_on_paper(actor=system, memberships=sorted({*agreed, *kept}))


def _designate(hospital: Hospital, system: Actor) -> None:
    for place, (name, kind, title, where, measure, target, days) in enumerate(NAMED):
        made = designate(
            actor=system,
            organization_id=hospital.organizations[name],
            new=NewDesignation(
                kind=kind,
                title=title,
                place=where,
                measure=measure,
                target_per_year=target,
                started_on=hospital.today - timedelta(days=650 - 40 * place),
                review_on=hospital.today + timedelta(days=days),
            ),
        )
        if kind is TEAM:
            review(
                actor=hospital.coordinator,
                designation_id=made,
                result=DesignationReview.Result.KEPT,
                remark="导诊规范、服务热情，患者满意度高；建议增加晚间门诊岗位。",
                next_review_on=hospital.today + timedelta(days=365),
            )


def _sign(hospital: Hospital, system: Actor) -> None:
    for name, title, covers, first, last in AGREED:
        made = draft_agreement(
            actor=hospital.coordinator,
            organization_id=hospital.organizations[name],
            terms=Terms(
                title=title,
                covers=covers,
                starts_on=hospital.today + timedelta(days=first),
                ends_on=hospital.today + timedelta(days=last),
                signed_on=hospital.today + timedelta(days=first - 5),
                contact="王老师 19900000999",
            ),
        )
        put_in_force(actor=system, agreement_id=made)
        add_files(actor=system, agreement_id=made, files=[SCAN])
    draft_agreement(
        actor=hospital.coordinator,
        organization_id=hospital.organizations["示范市图书馆朗读志愿队"],
        terms=Terms(
            title="病房朗读志愿服务协议",
            covers="每周两次到儿科和肿瘤科病房为患者朗读。",
            starts_on=hospital.today + timedelta(days=20),
            ends_on=hospital.today + timedelta(days=385),
        ),
    )


def _keep_shifts(hospital: Hospital, _: Actor) -> None:
    """Three mornings that only students of the university take."""
    university = hospital.organizations["示范大学志愿服务爱心基地"]

    def shift(day: date) -> NewShift:
        return NewShift(starts_at=clock.at_local(day, time(8)), ends_at=clock.at_local(day, time(11, 30)), places=20)

    activity = NewActivity(
        title="学生专场：门诊自助机引导",
        category="0099",
        place="门诊大厅",
        organizer_id=hospital.organizations["门诊部"],
        person_in_charge_id=hospital.person_ids[OTHER_LEADERS[0]],
        recruits="team",
        team_id=university,
        state="published",
        shifts=tuple(shift(hospital.today + timedelta(days=days)) for days in SHIFT_DAYS),
    )
    create_activities_many(actor=hospital.coordinator, activities=[activity])


def _ask(hospital: Hospital, system: Actor) -> None:
    """The university asked three more people, who have not answered."""
    university = hospital.organizations["示范大学志愿服务爱心基地"]
    members = set(Membership.objects.filter(organization_id=university).values_list("person_id", flat=True))
    for person in Person.objects.filter(pk__in=[hospital.person_ids[index] for index in ASKED]):
        if person.pk not in members:
            enrol(actor=system, organization_id=university, name=person.name, number=person.volunteer_number or "")
