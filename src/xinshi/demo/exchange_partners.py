"""Two time banks as partners: one that hours are exchanged with, and one that is paused; both kept by two administrators."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from xinshi.demo.hospital import Hospital
from xinshi.exchange.models import Partner
from xinshi.exchange.partners.actions import (
    add_key,
    confirm_key,
    note_heard,
    pause,
    put_contract_in_force,
    register_partner,
    write_contract,
)
from xinshi.exchange.partners.domain import Limits, Terms
from xinshi.kernel.actor import Actor, Role
from xinshi.people.access import actor_for
from xinshi.people.actions import give_consent
from xinshi.people.models import User

HOURS = 60


def demo_key(code: str) -> Ed25519PrivateKey:
    """An invented bank's key: anybody can make it, so it vouches for nothing outside the demo."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"demo key of {code}".encode()).digest())


def keep_exchange_partners(hospital: Hospital) -> None:
    """Register both, agree with each, and let the member who is signed in as volunteer consent to the first."""
    first, second = hospital.actors[Role.ADMINISTRATOR], actor_for(User.objects.get(username="administrator2"))
    lake = _agree(
        hospital, first, second, code="east-lake", name="东湖区时间银行", limits=Limits(2_000 * HOURS, 1_000 * HOURS)
    )
    hill = _agree(
        hospital, second, first, code="south-hill", name="南山医院时间银行", limits=Limits(500 * HOURS, 500 * HOURS)
    )
    note_heard(partner_id=lake)
    pause(actor=hospital.coordinator, partner_id=hill, reason="对方更换服务器，约定下月一日恢复")
    write_contract(
        actor=first,
        partner_id=lake,
        terms=Terms(
            starts_on=hospital.today + timedelta(days=30),
            hours_kinds_in=("verified", "honorary"),
            transfer_minutes_max=80 * HOURS,
            person_month_minutes_max=80 * HOURS,
            terms="新版本：荣誉时数也可存入，每人每月上限 80 小时。",
        ),
    )
    member = hospital.actors[Role.VOLUNTEER]
    assert member.person_id is not None, "the five-star member is a person"
    give_consent(actor=member, person_id=member.person_id, purpose="exchange:east-lake")


def _agree(hospital: Hospital, first: Actor, second: Actor, *, code: str, name: str, limits: Limits) -> int:
    """A partner with a contract and a key that `first` wrote and `second` put in force."""
    partner_id = register_partner(
        actor=first,
        code=code,
        name=name,
        kind=Partner.Kind.BANK,
        address=f"https://{code}.invalid/interbank/v1",
        limits=limits,
    )
    terms = Terms(
        starts_on=hospital.today,
        ends_on=hospital.today + timedelta(days=365),
        transfer_minutes_max=40 * HOURS,
        person_month_minutes_max=40 * HOURS,
        terms="每人每月上限 40 小时；每月五日前对账。",
    )
    number = write_contract(actor=first, partner_id=partner_id, terms=terms)
    put_contract_in_force(actor=second, partner_id=partner_id, number=number)
    public_key = base64.b64encode(demo_key(code).public_key().public_bytes_raw()).decode()
    key_id = f"{hospital.today:%Y-%m}"
    add_key(actor=first, partner_id=partner_id, key_id=key_id, public_key=public_key)
    confirm_key(actor=second, partner_id=partner_id, key_id=key_id)
    return partner_id
