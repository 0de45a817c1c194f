"""Groups 团队报名: several people sign up together, by number at once or with places held until they are named.

Owns: places that are held for a group without a name yet. Does not own: the sign-ups that they become.
Verbs: `sign_up_group`, `name_people`, `give_back_held`, `release_overdue_holds`.
"""
