"""Programmes 项目 such as 我志愿·我先行, and the calendar that planning goes by: public holidays, the hospital's own days.

Owns: programmes with theme, category, for whom and how long; own days (3·5学雷锋日, 护士节). Does not own: activities.
Verbs: `create_programme`, `change_programme`, `end_programme`, `resume_programme`, `keep_own_day`, `drop_own_day`.
"""
