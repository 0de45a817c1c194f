"""The demo hospital 示范市中心医院: invented people in the shape of a real hospital, built through the rooms' own actions.

Owns: the invention (pure, fixed seed) and its order of work. Owns no table and no rule: whatever it creates went through
the same actions as anything else, so `xinshi verify` passes on it.
Verb: `create_demo_hospital`.
"""
