"""Who acts: the one thing every action takes, made by the doors from a session, a token or a command."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What somebody may be in this hospital; `access.py` of each room says what that allows there."""

    VOLUNTEER = "volunteer"
    LEADER = "leader"
    COORDINATOR = "coordinator"
    CLERK = "clerk"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Actor:
    """A user with their person and roles, or the system itself (`Actor.system`)."""

    reference: str
    user_id: int | None = None
    person_id: int | None = None
    roles: frozenset[Role] = field(default_factory=frozenset)
    is_system: bool = False

    @classmethod
    def system(cls, name: str) -> Actor:
        """A command or task that acts with the hospital's own authority; `name` says which one."""
        return cls(reference=f"system:{name}", is_system=True)

    def has(self, *roles: Role) -> bool:
        """True if the actor is the system or holds any of `roles`."""
        return self.is_system or not self.roles.isdisjoint(roles)


ANONYMOUS = Actor(reference="anonymous")
