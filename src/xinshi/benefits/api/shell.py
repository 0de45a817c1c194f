"""The room's router and the types that its endpoints share."""

from __future__ import annotations

from typing import Annotated, Literal

from ninja import Path, Query, Router, Schema
from pydantic import AfterValidator, Field

from xinshi.benefits.domain import BENEFICIARY_LENGTH_MAX, REASON_LENGTH_MAX, Relation, Relative

router = Router(tags=["benefits"])
Identifier = Annotated[int, Path(ge=1, le=2**63 - 1)]
Cursor = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=200)]


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("a text has no NUL characters")
    return text


Text = Annotated[str, AfterValidator(_without_nul)]


class BenefitRelativeIn(Schema):
    """A relative for whom it is; `digits` are the last 4 to 6 signs of their identity number, kept sealed."""

    relation: Literal["spouse", "parent", "child", "other"]
    name: Annotated[Text, Field(min_length=1, max_length=BENEFICIARY_LENGTH_MAX)]
    digits: Annotated[Text, Field(max_length=6)] = ""

    def relative(self) -> Relative:
        return Relative(relation=Relation(self.relation), name=self.name, digits=self.digits)


class BenefitReasonIn(Schema):
    """Why; the volunteer reads it."""

    reason: Annotated[Text, Field(min_length=1, max_length=REASON_LENGTH_MAX)]
