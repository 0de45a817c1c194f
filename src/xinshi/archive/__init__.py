"""The archive of what volunteers can do and may do 志愿者档案: qualifications, profile, availability, limits.

Owns: kinds of qualification and which includes which, people's qualifications (licences, certificates, courses, insurance,
the signed code of conduct) with proof and expiry, profile, weekly availability, limits, emergency contacts. Does not own:
who people are (people), what an activity asks for (activities), how a course is passed (training).

Verbs: `change_profile`, `enter_profiles`, `add_exception`, `remove_exception`, `reveal_care`, `submit`, `verify`, `refuse`,
`revoke`, `ensure_kinds`, `grant_many`, `save_kind`, `save_line`, `publish_pledge_text`, `sign_pledge`, `remind_holders`,
`forget_person`, `carry_over`; `sheets`: `import_profiles`, `import_insurance`, `export_archive`.
"""
