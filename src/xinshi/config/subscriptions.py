"""The one list of who listens to which event. Handlers are idempotent; the worker calls them (see `outbox`)."""

from __future__ import annotations

from xinshi.activities import ending as activities_ending
from xinshi.activities import personal as activities_personal
from xinshi.activities.queries.reserved import shifts_for
from xinshi.activities.queries.suggested import register_suggester
from xinshi.appeals import ending as appeals_ending
from xinshi.appeals import personal as appeals_personal
from xinshi.appeals import verification as appeals_verification
from xinshi.appeals.events import StarReviewGranted
from xinshi.archive import personal as archive_personal
from xinshi.archive.access import register_leading
from xinshi.attendance import ending as attendance_ending
from xinshi.attendance import personal as attendance_personal
from xinshi.audit.sealing import first_broken_seal
from xinshi.bank import personal as bank_personal
from xinshi.bank import tasks as bank_tasks
from xinshi.bank import verification as bank_verification
from xinshi.bank.achieved import achieved
from xinshi.bank.erasing.registry import PersonalData, register_personal_data
from xinshi.bank.events import Deposited, PassbookOpened, PassbookStateChanged, PeopleMerged, PolicyEnforced
from xinshi.bank.obstacles import register_obstacles
from xinshi.benefits import ending as benefits_ending
from xinshi.benefits import personal as benefits_personal
from xinshi.benefits import verification as benefits_verification
from xinshi.campaigns import personal as campaigns_personal
from xinshi.campaigns import tasks as campaigns_tasks
from xinshi.exchange import ending as exchange_ending
from xinshi.exchange import personal as exchange_personal
from xinshi.exchange import tasks as exchange_tasks
from xinshi.exchange import verification as exchange_verification
from xinshi.exchange.partners.registry import (
    register_differences,
    register_latest,
    register_overdue,
    register_places,
    register_unfinished,
    register_unreachable,
)
from xinshi.exchange.pulling import queries as pulling
from xinshi.giving import ending as giving_ending
from xinshi.giving import personal as giving_personal
from xinshi.giving import verification as giving_verification
from xinshi.interbank.identity import personal as identity_personal
from xinshi.interbank.identity import tasks as identity_tasks
from xinshi.interbank.identity.queries import purposes as bank_purposes
from xinshi.interbank.moving import ending as interbank_ending
from xinshi.interbank.moving import verification as interbank_verification
from xinshi.interbank.moving.queries import latest_of, unfinished_of
from xinshi.interbank.moving.reaching import unreachable_since
from xinshi.interbank.overlaps import tasks as overlap_tasks
from xinshi.interbank.places import places_of
from xinshi.interbank.reconciling import protocol_lists
from xinshi.interbank.reconciling.lists import register_lists
from xinshi.interbank.reconciling.queries import open_differences, overdue_by_partner
from xinshi.interbank.statements import verification as statements_verification
from xinshi.ledger.verification import register_check, seal_accounts_and_holds
from xinshi.liabilities import verification as liabilities_verification
from xinshi.messages import personal as messages_personal
from xinshi.organizations import personal as organizations_personal
from xinshi.organizations.figures import register_counter, register_shift_finder
from xinshi.outbox.actions import subscribe
from xinshi.people import personal as people_personal
from xinshi.people.events import ConsentGiven, ConsentWithdrawn, VolunteerNumberGiven
from xinshi.people.purposes import register_purposes
from xinshi.recognition import personal as recognition_personal
from xinshi.recognition import tasks as recognition_tasks
from xinshi.scheduling import personal as scheduling_personal
from xinshi.scheduling.suggesting.queries import suggested_to
from xinshi.training import ending as training_ending
from xinshi.training import personal as training_personal
from xinshi.training.events import CoursePassed
from xinshi.web.leading import leads_today


def register() -> None:
    """Connect every listener and every further check of `xinshi verify`; called once when the house starts."""
    seal_accounts_and_holds()
    register_check("sealed records", first_broken_seal)
    bank_verification.register_checks()
    benefits_verification.register_checks()
    exchange_verification.register_checks()
    giving_verification.register_checks()
    appeals_verification.register_checks()
    interbank_verification.register_checks()
    register_latest("files and pulls", pulling.latest_of)
    register_unfinished("pulls", pulling.unfinished_of)
    register_counter("bank", achieved)
    register_shift_finder("activities", shifts_for)
    register_suggester("scheduling", suggested_to)
    register_obstacles("training", training_ending.obstacles)
    register_obstacles("activities", activities_ending.obstacles)
    register_obstacles("attendance", attendance_ending.obstacles)
    register_obstacles("benefits", benefits_ending.obstacles)
    register_obstacles("exchange", exchange_ending.obstacles)
    register_obstacles("giving", giving_ending.obstacles)
    register_obstacles("appeals", appeals_ending.obstacles)
    register_obstacles("interbank", interbank_ending.obstacles)
    register_unfinished("interbank", unfinished_of)
    register_latest("interbank", latest_of)
    register_places("interbank", places_of)
    register_unreachable("interbank", unreachable_since)
    register_leading("activities", leads_today)
    subscribe(PeopleMerged, recognition_tasks.on_people_merged)
    liabilities_verification.register_seals()
    subscribe(Deposited, recognition_tasks.on_deposited)
    subscribe(PolicyEnforced, bank_tasks.on_policy_enforced)
    subscribe(PolicyEnforced, recognition_tasks.on_policy_enforced)
    subscribe(StarReviewGranted, recognition_tasks.on_star_review)
    subscribe(PassbookOpened, exchange_tasks.on_person_known)
    subscribe(PassbookStateChanged, exchange_tasks.on_person_known)
    subscribe(VolunteerNumberGiven, exchange_tasks.on_person_known)
    subscribe(ConsentGiven, exchange_tasks.on_person_known)
    subscribe(PeopleMerged, exchange_tasks.on_people_merged)
    subscribe(CoursePassed, campaigns_tasks.on_course_passed)
    register_purposes("interbank", bank_purposes)
    subscribe(ConsentGiven, identity_tasks.on_consent_given)
    subscribe(ConsentWithdrawn, identity_tasks.on_consent_withdrawn)
    subscribe(PeopleMerged, identity_tasks.on_people_merged)
    subscribe(Deposited, overlap_tasks.on_deposited)
    register_lists(ours=protocol_lists.ours, theirs=protocol_lists.theirs, behind=protocol_lists.behind)
    register_differences("interbank", open_differences)
    register_overdue("interbank", overdue_by_partner)
    statements_verification.register_seals()
    _register_personal_data()


def _register_personal_data() -> None:
    """What every room gives out about a person and forgets of them; `people` itself goes last (see `erase_person`)."""
    parts = {
        "people": PersonalData(people_personal.copy_of),
        "archive": PersonalData(archive_personal.copy_of, archive_personal.forget, archive_personal.papers_of),
        "organizations": PersonalData(organizations_personal.copy_of, organizations_personal.forget),
        "bank": PersonalData(bank_personal.copy_of, bank_personal.forget),
        "training": PersonalData(training_personal.copy_of, training_personal.forget),
        "activities": PersonalData(
            activities_personal.copy_of, activities_personal.forget, still_needed=activities_personal.still_needed
        ),
        "scheduling": PersonalData(scheduling_personal.copy_of, scheduling_personal.forget),
        "attendance": PersonalData(attendance_personal.copy_of, attendance_personal.forget),
        "benefits": PersonalData(
            benefits_personal.copy_of, benefits_personal.forget, still_needed=benefits_personal.still_needed
        ),
        "giving": PersonalData(giving_personal.copy_of, giving_personal.forget),
        "exchange": PersonalData(exchange_personal.copy_of, exchange_personal.forget),
        "interbank": PersonalData(identity_personal.copy_of, identity_personal.forget),
        "campaigns": PersonalData(campaigns_personal.copy_of, still_needed=campaigns_personal.still_needed),
        "appeals": PersonalData(appeals_personal.copy_of, appeals_personal.forget, appeals_personal.papers_of),
        "recognition": PersonalData(recognition_personal.copy_of),
        "messages": PersonalData(messages_personal.copy_of, messages_personal.forget),
    }
    for room, part in parts.items():
        register_personal_data(room, part)
