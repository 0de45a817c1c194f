"""A plan of activities from a spreadsheet 活动计划导入, a row for each shift, and the same table out again.

Owns: the columns and what may be wrong with a row. Does not own: activities; they are created as drafts.
Verbs: `import_plan`.
"""
