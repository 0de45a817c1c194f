"""Organisations: departments, partners, universities, teams, who belongs to which, and what was agreed with them.

Owns: organisations and their tree, memberships and for which of them somebody counts 归属单位, consents of members to be
seen, invitations and enrolments, agreements with their scans, designations (bases, demonstration points and teams) with
their reviews. Does not own: people; hours and shifts, of which rooms above tell through `figures`. Members are seen whole
by those who keep or audit the archive; whoever keeps an organisation sees its own members, by name only with their consent.
Verbs: `create_organization`, `change_organization`, `ensure_departments`, `join`, `join_many`, `leave`, `set_leader`,
`invite`, `end_invitation`, `join_by_invitation`, `join_by_oneself`, `leave_by_oneself`; in `belonging` `set_consent`,
`set_primary`, `enrol`, `enrol_sheet`, `answer_enrolment`, `withdraw_enrolment`, `whole_phone`, `member_sheet`; in
`membership` `consent_on_paper`; in `agreements` `draft_agreement`, `change_draft`, `put_in_force`, `change_contact`,
`add_files`, `end_agreement`, `tend_agreements`; in `designations` `designate`, `review`.
"""
