"""The demo hospital: invented people, real shape. Created through the rooms' own actions."""
