"""Pages: one's own archive, somebody's at the station, qualifications to check, the hospital's lists, spreadsheets."""
