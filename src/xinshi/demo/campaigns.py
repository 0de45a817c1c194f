"""Two campaigns of the demo hospital: the great one of some years ago, and one that goes on now with holes on its board."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Final

from django.db import transaction

from xinshi.activities.actions import mark_attended, sign_up_many
from xinshi.activities.models import SignUp
from xinshi.attendance.outcomes import domain as outcomes
from xinshi.campaigns import actions
from xinshi.campaigns.domain import Need, NewCampaign, NewRole, NewSite, NewWave, days_between
from xinshi.campaigns.models import Campaign, CampaignPost, CampaignSite, Recruit
from xinshi.demo.hospital import COORDINATOR, LEADER, OTHER_LEADERS, Hospital
from xinshi.kernel import clock
from xinshi.messages.actions import mark_read

SEED: Final = 20221201
RECRUITED: Final = 2_068
DOSES: Final = 380_000
TESTS: Final = 600_000
PAST_DAYS_AGO: Final = 1_200
PAST_DAYS: Final = 10
PAST_PLACES: Final = 5
RUNNING_RECRUITS: Final = 90
RUNNING_DAYS: Final = 5
NAMES: Final = (
    "东湖街道", "西山区政务中心", "示范大学", "南城公交总站", "云溪县医院", "市体育馆", "滨江社区", "北门小学",
    "会展中心", "高新区服务站", "青石桥", "梧桐里", "火车站广场", "市图书馆", "文昌阁", "柳林新村",
    "东郊工业园", "南湖小区", "医学院操场", "老城隍庙", "金鹰商场", "纺织厂宿舍", "翠屏山", "望江楼",
)  # fmt: skip
PAST_WINDOWS: Final = ((time(7), time(12)), (time(13), time(18)))
WINDOWS: Final = ((time(8), time(12)), (time(12), time(16)), (time(16), time(20)))
SITES: Final = (
    ("门诊楼接种厅", "门诊楼二楼东侧", "护士台 苏宁"),
    ("东湖街道", "东湖街道社区卫生服务中心一楼", "吴站长"),
    ("示范大学", "示范大学校医院报告厅", "校团委 陆老师"),
    ("市图书馆", "市图书馆一层东厅", "值班馆员"),
    ("南湖小区", "南湖小区党群服务中心", "社区 何书记"),
)

HowMany = Callable[[int, date, int], tuple[int, int]]
"""Places and at least, by site, day and the place of the role."""


def hold_campaigns(hospital: Hospital) -> None:
    """What was, with its exact sums, and what goes on."""
    _past(hospital)
    _running(hospital)
    for actor in hospital.actors.values():
        mark_read(actor=actor)


def _past(hospital: Hospital) -> None:
    coordinator = hospital.coordinator
    first = hospital.today - timedelta(days=PAST_DAYS_AGO)
    made = actions.create_campaign(
        actor=coordinator,
        campaign=NewCampaign(
            name="全民接种与核酸采样",
            code="together",
            purpose="二十四个点位，协助登记、引导、留观与采样信息录入。",
            category="3201",
            starts_on=first,
            ends_on=first + timedelta(days=PAST_DAYS - 1),
            target_people=2_000,
            organizer_id=hospital.organizations["东湖街道志愿服务队"],
            person_in_charge_id=hospital.person_ids[COORDINATOR],
            roles=(NewRole(name="登记引导", description="核对预约、引导排队、留观计时"),),
            windows=PAST_WINDOWS,
            bring="全程佩戴口罩，按点位要求穿防护服。",
            risks="人员密集，可能接触感染者；上岗前统一培训、统一防护。",
            is_dangerous=True,
            insurer="示范财产保险 团体意外险",
            insurance_until=first + timedelta(days=90),
        ),
    )
    sites = actions.add_sites(
        actor=coordinator,
        campaign_id=made,
        sites=[
            NewSite(name=name, place=f"{name}临时点位", leader_id=hospital.person_ids[OTHER_LEADERS[index]])
            for index, name in enumerate(NAMES)
        ],
    )
    campaign = Campaign.objects.get(pk=made)
    _fill(hospital, campaign, sites, places=lambda *_: (PAST_PLACES, 3))
    people = hospital.person_ids[100 : 100 + RECRUITED]
    actions.recruit_many(actor=coordinator, campaign_id=made, person_ids=people)
    posts = CampaignPost.objects.filter(site__campaign=campaign).order_by("day", "pk")
    shifts = list(posts.values_list("shift_id", flat=True))
    places = [shift_id for shift_id in shifts if shift_id is not None for _ in range(PAST_PLACES)]
    random.Random(SEED).shuffle(places)  # noqa: S311  # Invention, not cryptography.
    signed_up = sign_up_many(actor=coordinator, signups=list(zip(places, people, strict=False)))
    _came(signed_up, first)
    _count(hospital, campaign, sites)
    actions.close_campaign(actor=coordinator, campaign_id=made)


def _came(signup_ids: list[int], first: date) -> None:
    with transaction.atomic():
        mark_attended(signup_ids=signup_ids, at=clock.at_local(first, time(18)))


def _count(hospital: Hospital, campaign: Campaign, sites: list[int]) -> None:
    """Doses and tests by site and day, which add up exactly."""
    dice = random.Random(SEED)  # noqa: S311  # Invention, not cryptography.
    cells = [(site, day) for site in sites for day in days_between(campaign.starts_on, campaign.ends_on)]
    doses, tests = _split(DOSES, len(cells), dice), _split(TESTS, len(cells), dice)
    for (site, day), given, taken in zip(cells, doses, tests, strict=True):
        amounts = {outcomes.DOSES: given, outcomes.TESTS: taken}
        actions.count_outcomes(actor=hospital.coordinator, site_id=site, day=day, amounts=amounts)


def _split(whole: int, parts: int, dice: random.Random) -> list[int]:
    """Uneven parts, all of them together `whole`."""
    weights = [dice.uniform(0.6, 1.4) for _ in range(parts)]
    found = [int(whole * weight / sum(weights)) for weight in weights]
    found[-1] += whole - sum(found)
    return found


def _running(hospital: Hospital) -> None:
    coordinator = hospital.coordinator
    made = actions.create_campaign(
        actor=coordinator,
        campaign=NewCampaign(
            name="秋冬流感疫苗接种",
            code="flu",
            purpose="五个接种点，帮老人登记、测体温、陪护留观三十分钟。",
            category="0004",
            starts_on=hospital.today,
            ends_on=hospital.today + timedelta(days=RUNNING_DAYS - 1),
            target_people=120,
            organizer_id=hospital.organizations["东湖街道志愿服务队"],
            person_in_charge_id=hospital.person_ids[COORDINATOR],
            roles=(
                NewRole(name="登记", description="核对身份与预约，录入信息"),
                NewRole(name="留观陪护", description="陪接种后的老人坐满三十分钟"),
            ),
            windows=WINDOWS,
            bring="身份证、深色长裤、平底鞋；口罩和马甲由点位发放。",
            risks="人多，需久站；有不适立即告诉点位负责人。",
            insurer="示范财产保险 团体意外险",
            insurance_until=hospital.today + timedelta(days=60),
            activation_places=200,
            activation_reason="接种周人手紧，先上岗、三日内到志愿服务站补核证件",
        ),
    )
    leaders = [LEADER, *OTHER_LEADERS]
    sites = actions.add_sites(
        actor=coordinator,
        campaign_id=made,
        sites=[
            NewSite(
                name=name,
                place=place,
                leader_id=hospital.person_ids[leaders[index]],
                contact=contact,
                contact_phone=f"1990000{7_000 + index}",
            )
            for index, (name, place, contact) in enumerate(SITES)
        ],
    )
    campaign = Campaign.objects.get(pk=made)
    _fill(hospital, campaign, sites, places=lambda site, _day, role: ((4 if site == sites[0] else 3) - role, 2 - role))
    _open_in_waves(hospital, campaign)
    _take(hospital, campaign)
    _hand_over(hospital, campaign, sites[0])


def _open_in_waves(hospital: Hospital, campaign: Campaign) -> None:
    """Two universities had their places first; by now it is open to everybody."""
    opened = clock.at_local(hospital.today - timedelta(days=3), time(9))
    quotas = (("示范大学志愿服务爱心基地", 30, 0), ("示范医学院青年志愿者协会", 20, 0), (None, None, 1))
    for name, places, days in quotas:
        partner = hospital.organizations[name] if name else None
        wave = NewWave(opens_at=opened + timedelta(days=days), organization_id=partner, places=places)
        actions.set_wave(actor=hospital.coordinator, campaign_id=campaign.pk, wave=wave)


def _fill(hospital: Hospital, campaign: Campaign, sites: list[int], *, places: HowMany) -> None:
    needs = []
    for site in sites:
        for day in days_between(campaign.starts_on, campaign.ends_on):
            for window in campaign.windows.order_by("starts"):
                for place, role in enumerate(campaign.roles.order_by("pk")):
                    number, least = places(site, day, place)
                    needs.append(
                        Need(site_id=site, day=day, window_id=window.pk, role_id=role.pk, places=number, minimum=least)
                    )
    actions.set_posts(actor=hospital.coordinator, campaign_id=campaign.pk, needs=needs)
    actions.publish_posts(actor=hospital.coordinator, campaign_id=campaign.pk)


def _take(hospital: Hospital, campaign: Campaign) -> None:
    """Two of three posts are full or nearly so; the board has holes, some of them urgent."""
    busy = set(
        SignUp.objects.filter(shift__ends_at__gt=clock.day_bounds(hospital.today)[0]).values_list(
            "person_id", flat=True
        )
    )
    free = [pk for pk in hospital.person_ids[200:] if pk not in busy][:RUNNING_RECRUITS]
    actions.recruit_many(actor=hospital.coordinator, campaign_id=campaign.pk, person_ids=free, has_pledged=True)
    dice = random.Random(SEED)  # noqa: S311  # Invention, not cryptography.
    wanted = []
    posts = CampaignPost.objects.filter(site__campaign=campaign).order_by("day", "pk")
    queue = list(free)
    for post in posts:
        assert post.shift_id is not None, "the posts were published"
        for _ in range(dice.choice((0, 1, post.places - 1, post.places))):
            if not queue:
                break
            wanted.append((post.shift_id, queue.pop(0)))
    sign_up_many(actor=hospital.coordinator, signups=wanted)
    placed = {person_id for _shift, person_id in wanted}
    Recruit.objects.filter(campaign=campaign, person_id__in=placed).update(placed_at=clock.now())


def _hand_over(hospital: Hospital, campaign: Campaign, site_id: int) -> None:
    window = campaign.windows.order_by("starts")[0]
    actions.write_note(
        actor=hospital.coordinator,
        site_id=CampaignSite.objects.get(pk=site_id).pk,
        day=campaign.starts_on,
        window_id=window.pk,
        notes="上午以东湖社区老人为主，听力不好的请面对面说慢一点。",
        open_points="二号登记台的扫码枪接触不良，已报信息科。",
        materials="口罩剩 3 盒，留观贴纸够用到明天中午。",
    )
