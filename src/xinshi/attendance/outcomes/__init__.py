"""Outcomes: what an activity brought about, in figures (服务成效): person-times, doses, tests, millilitres, lectures.

Owns: the catalogue of measures, to which the hospital may add, and what was reported per activity or shift. Does not own:
hours. No measure is ever converted into hours (millilitres of blood least of all), and none is worked out from them.

Verbs: `report_outcome`, `report_outcomes`, `report_first_figures`, `add_measure`, `set_measure_active`,
`ask_for_reports`. Queries: `outcome_totals`. A figure is corrected by a newer row that says why; the older stays.
"""
