"""This program itself, over HTTP, before the kit: nothing is wrong with it."""

from __future__ import annotations

import base64
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.urls import get_resolver

from xinshi.exchange.models import Partner, PartnerContract, PartnerKey
from xinshi.exchange.tests.conftest import SYSTEM, make_cast
from xinshi.interbank.conformance import kit as program
from xinshi.interbank.conformance.listening import listening
from xinshi.interbank.identity.actions import enter_shared_key, make_tokens
from xinshi.interbank.identity.domain import check_code
from xinshi.interbank.identity.tests.conftest import LI, WANG, give_number, make_bank
from xinshi.interbank.moving.keys import own_code, signing_key
from xinshi.interbank.moving.models import Transfer
from xinshi.interbank.moving.sending import send_due
from xinshi.interbank.tests.conftest import earn
from xinshi.kernel import clock
from xinshi.ledger.verification import verify
from xinshi.people.actions import give_consent


def partnered() -> tuple[Partner, dict[str, Any]]:
    """The kit as a registered partner with a contract, and 李 who has consented to it."""
    config = program.new_config()
    cast, partner = make_cast(), make_bank(config["from"], "测试银行")
    give_number(cast.li.person_id, LI)
    give_number(cast.wang.person_id, WANG)
    earn(cast.li.person_id, 100, source="first:1")
    at = clock.now() - timedelta(days=1)
    twice = {"confirmed_by_ref": "user:2", "confirmed_at": at}
    PartnerKey.objects.create(
        partner=partner,
        key_id=config["key_id"],
        public_key=config["public_key"],
        valid_from=at,
        added_by_ref="user:1",
        **twice,
    )
    PartnerContract.objects.create(
        partner=partner, number=1, starts_on=clock.today() - timedelta(days=2), hours_kinds_in=["verified"],
        hours_kinds_out=["verified"], transfer_minutes_max=600, written_by_ref="user:1", written_at=at,
        enforced_by_ref="user:2", enforced_at=at,
    )  # fmt: skip
    secret = base64.b32encode(bytes.fromhex(config["pair_key_hex"])).decode().rstrip("=")
    enter_shared_key(actor=SYSTEM, partner_id=partner.pk, secret=secret, check_code=check_code(secret))
    give_consent(actor=SYSTEM, person_id=cast.li.person_id, purpose=f"exchange:{partner.code}", through="station")
    make_tokens(actor=SYSTEM, partner_id=partner.pk)
    more = {"to": own_code(), "bank_public_key": signing_key().public_key, "person": f"01:{LI}"}
    more["person_without_consent"] = f"01:{WANG}"
    return partner, config | more | {"over_limit_minutes": 601, "kind_not_agreed": "honorary"}


@pytest.mark.django_db(transaction=True)
def test_nothing_is_wrong_with_this_bank(live_server: Any, settings: Any) -> None:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    partner, config = partnered()
    kit = program.Kit(live_server.url, config | {"request_minutes": 45})
    assert get_resolver().url_patterns  # Every page is imported before the kit waits for the first answer.
    with listening(kit, "127.0.0.1", 0) as ears, ThreadPoolExecutor(1) as pool:
        Partner.objects.filter(pk=partner.pk).update(address=ears.address)
        trying = pool.submit(program.run, kit)
        while not trying.done():  # What the worker does.
            send_due()
            time.sleep(0.05)
    assert {one.code: one.detail for one in trying.result() if one.outcome != "passed"} == {}
    partner.refresh_from_db()
    assert partner.state == Partner.State.DISPUTED
    assert [(one.direction, one.minutes, one.state) for one in Transfer.objects.filter(direction="out")] == [
        ("out", 45, "confirmed")
    ]
    assert verify().ok
