"""The archive in spreadsheets, both ways: profiles in and out, insurance for many at once.

A row names a person by a number and the name; what is wrong with it is said in words, and the good rows go in all the same.
Verbs: `import_profiles`, `import_insurance`, `export_archive`.
"""
