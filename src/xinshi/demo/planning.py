"""What is being planned in the demo hospital: programmes told, own days, roles with requirements, templates, requests."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Final

from xinshi.activities.actions import create_activity
from xinshi.activities.domain import NewActivity, NewRole, NewShift
from xinshi.activities.models import Programme, ServiceRequest
from xinshi.activities.patterns.actions import save_pattern
from xinshi.activities.programmes.actions import NewProgramme, change_programme, keep_own_day
from xinshi.activities.requests.actions import as_asked, ask, decline, grant, plan, take_up
from xinshi.activities.requests.domain import NewServiceRequest
from xinshi.activities.requirements import Requirements
from xinshi.demo.hospital import LEADER, OTHER_LEADERS, Hospital
from xinshi.kernel import clock, workdays
from xinshi.kernel.actor import Actor, Role
from xinshi.organizations.actions import join_many
from xinshi.organizations.models import Membership
from xinshi.organizations.teams import set_leader

OWN_DAYS: Final = (
    ("学雷锋纪念日", "Lei Feng day", 3, 5),
    ("世界红十字日", "World Red Cross day", 5, 8),
    ("国际护士节", "International nurses' day", 5, 12),
    ("世界献血者日", "World blood donor day", 6, 14),
    ("中国医师节", "Chinese doctors' day", 8, 19),
    ("国际志愿者日", "International volunteer day", 12, 5),
)
PROGRAMMES: Final = {
    "我志愿·我先行": ("在就医的每一步，有人为您引路", "0004", ("08",), "导医、咨询、陪诊与健康宣教，工作日每天开放。"),
    "关爱特殊群体": ("陪伴独居老人和残障人士", "0017", ("03", "04"), "每三周上门一次：量血压、聊天、代办小事。"),
    "3·5学雷锋": ("把雷锋精神留在每一天", "0010", ("11",), "三月集中开展义诊、文明劝导与便民服务。"),
    "奉献成长·快乐暑假": ("给住院的孩子一个快乐的暑假", "0003", ("01",), "七、八月在儿科活动室伴读、做手工。"),
}
DEPARTMENT: Final = "门诊部"


def plan_service(hospital: Hospital) -> None:
    """Everything of this part, by the people who would do it."""
    coordinator = hospital.coordinator
    for name, english, month, day in OWN_DAYS:
        keep_own_day(actor=coordinator, name=name, name_en=english, month=month, day=day)
    _tell_programmes(hospital)
    first = workdays.working_days_after(hospital.today, 4)
    clinic = create_activity(actor=coordinator, activity=_clinic(hospital, first)).activity_id
    save_pattern(actor=coordinator, activity_id=clinic, name="社区义诊（三个岗位）")
    drill = create_activity(actor=coordinator, activity=_drill(hospital, first + timedelta(days=7))).activity_id
    save_pattern(actor=coordinator, activity_id=drill)
    _requests(hospital)


def _tell_programmes(hospital: Hospital) -> None:
    ids = dict(Programme.objects.filter(name__in=PROGRAMMES).values_list("name", "pk"))
    for name, (theme, category, served, description) in PROGRAMMES.items():
        told = NewProgramme(name=name, theme=theme, category=category, served_groups=served, description=description)
        change_programme(actor=hospital.coordinator, programme_id=ids[name], programme=told)


def _clinic(hospital: Hospital, day: date) -> NewActivity:
    """Three roles at once; one of them only for people with a licence."""

    def shift(role: str, starts: time, ends: time, places: int, minimum: int, reserve: int) -> NewShift:
        return NewShift(
            starts_at=clock.at_local(day, starts),
            ends_at=clock.at_local(day, ends),
            places=places,
            minimum=minimum,
            reserve=reserve,
            role=role,
        )

    return NewActivity(
        title="云溪社区义诊",
        category="0004",
        place="云溪社区党群服务中心",
        organizer_id=hospital.organizations["志愿服务站"],
        person_in_charge_id=hospital.person_ids[LEADER],
        programme_id=hospital.programmes["我志愿·我先行"],
        description="量血压、测血糖、健康咨询，为行动不便的老人引路。",
        risks="会接触血液样本；采血由持证护士操作，其他人不碰采血用品。",
        sign_up_closes_minutes=24 * 60,
        cancel_closes_minutes=12 * 60,
        allowance_yuan=30,
        roles=(
            NewRole(
                name="测血糖",
                description="采指尖血并登记结果",
                requirements=Requirements(qualifications=("nurse",)),
            ),
            NewRole(name="健康咨询", description="解答用药和饮食问题"),
            NewRole(
                name="引导与搬运",
                description="引路，布置和收拾场地",
                requirements=Requirements(age_min=18, age_max=65, is_heavy=True),
            ),
        ),
        shifts=(
            shift("测血糖", time(8, 30), time(11, 30), 3, 2, 2),
            shift("健康咨询", time(8, 30), time(11, 30), 6, 2, 3),
            shift("引导与搬运", time(8), time(12), 8, 3, 4),
        ),
        state="published",
    )


def _drill(hospital: Hospital, day: date) -> NewActivity:
    """Dangerous service that is still a draft: insurance on the day, the person in charge decides."""
    return NewActivity(
        title="应急救援演练保障",
        category="0013",
        place="市民广场",
        organizer_id=hospital.organizations["急诊科"],
        person_in_charge_id=hospital.person_ids[OTHER_LEADERS[0]],
        programme_id=hospital.programmes["生命守护"],
        description="协助疏散、担架转运和现场登记。",
        risks="演练有跑动和搬运，请穿防滑鞋，听从现场指挥。",
        sign_up_way="on_request",
        is_dangerous=True,
        roles=(
            NewRole(name="急救员", requirements=Requirements(qualifications=("first-aid",), is_heavy=True)),
            NewRole(name="登记员", requirements=Requirements(age_min=18)),
        ),
        shifts=(
            NewShift(
                starts_at=clock.at_local(day, time(14)),
                ends_at=clock.at_local(day, time(17)),
                places=10,
                minimum=4,
                reserve=5,
                role="急救员",
            ),
            NewShift(
                starts_at=clock.at_local(day, time(14)),
                ends_at=clock.at_local(day, time(17)),
                places=4,
                reserve=2,
                role="登记员",
            ),
        ),
    )


def _requests(hospital: Hospital) -> None:
    """A department asks six times: two wait, one is being planned, others have their answers."""
    keeper = _keeper(hospital)
    coordinator = hospital.coordinator

    def wish(number: int, title: str, days: int, starts: time, ends: time, people: int, place: str) -> int:
        day = workdays.working_days_after(hospital.today, days)
        new = NewServiceRequest(
            department_id=hospital.organizations[DEPARTMENT],
            title=title,
            category="0004",
            place=place,
            starts_at=clock.at_local(day, starts),
            ends_at=clock.at_local(day, ends),
            people_number=people,
            key=f"demo-request-{number}",
            description="请提前十分钟到护士站报到。",
            contact="门诊部 林护士长 0571-00000000",
        )
        return ask(actor=keeper, request=new)

    wish(1, "流感疫苗接种日引导", 6, time(8), time(12), 6, "预防接种门诊")
    wish(2, "新版自助机使用指导", 8, time(8, 30), time(11, 30), 4, "门诊楼一楼大厅")
    planned = wish(3, "糖尿病日健康咨询", 9, time(9), time(11), 5, "门诊楼二楼")
    plan(actor=coordinator, request_id=planned, activity=as_asked(ServiceRequest.objects.get(pk=planned)))
    granted = wish(4, "周末加号引导", 5, time(8), time(10), 3, "门诊楼一楼大厅")
    grant(actor=coordinator, request_id=granted)
    refused = wish(5, "整理病历档案", 7, time(14), time(17), 2, "病案室")
    decline(
        actor=coordinator,
        request_id=refused,
        reason="病历含患者隐私，须由本科室职工整理；可改为请志愿者协助搬运空档案盒。",
    )
    taken = wish(6, "候诊区朗读陪伴", 10, time(14, 30), time(16), 2, "儿科候诊区")
    take_up(actor=coordinator, request_id=taken)


def _keeper(hospital: Hospital) -> Actor:
    """The leader of the demo keeps the department that asks."""
    person_id, department = hospital.person_ids[LEADER], hospital.organizations[DEPARTMENT]
    if not Membership.objects.filter(person_id=person_id, organization_id=department, until=None).exists():
        join_many(actor=hospital.coordinator, memberships=[(person_id, department)])
    set_leader(actor=hospital.coordinator, organization_id=department, person_id=person_id, leads=True)
    return hospital.actors[Role.LEADER]
