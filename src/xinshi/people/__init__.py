"""The archive of people 志愿者档案, their sign-in, their roles and their consents.

Owns: users, roles, persons (basic data of 民政部令67), consents, API tokens. Does not own: passbooks (bank), membership
(organizations). Identity numbers and phones are sealed at rest and masked on pages.
Verbs: `register_people`, `create_user`, `grant_role`, `revoke_role`, `change_person`, `give_consent`, `withdraw_consent`,
`issue_token`, `revoke_token`; `personal.forget`, the last step of erasing somebody (see `bank.erasing`).
"""
