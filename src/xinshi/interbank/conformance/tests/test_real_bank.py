"""This program itself, over HTTP, before the kit: nothing is wrong with it."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest

from xinshi.exchange.models import Partner, PartnerContract, PartnerKey
from xinshi.exchange.tests.conftest import SYSTEM, make_cast
from xinshi.interbank.conformance import kit as program
from xinshi.interbank.identity.actions import enter_shared_key, make_tokens
from xinshi.interbank.identity.domain import check_code
from xinshi.interbank.identity.tests.conftest import LI, give_number, make_bank
from xinshi.interbank.moving.keys import own_code, signing_key
from xinshi.kernel import clock
from xinshi.people.actions import give_consent


def partnered() -> tuple[Partner, dict[str, Any]]:
    """The kit as a registered partner with a contract, and 李 who has consented to it."""
    config = program.new_config()
    cast, partner = make_cast(), make_bank(config["from"], "测试银行")
    give_number(cast.li.person_id, LI)
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
    return partner, config | more | {"over_limit_minutes": 601, "kind_not_agreed": "honorary"}


@pytest.mark.django_db(transaction=True)
def test_nothing_is_wrong_with_this_bank(live_server: Any) -> None:
    partner, config = partnered()
    found = program.run(program.Kit(live_server.url, config))
    assert {one.code: one.detail for one in found if one.outcome != "passed"} == {}
    partner.refresh_from_db()
    assert partner.state == Partner.State.DISPUTED
