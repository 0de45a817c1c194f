"""The shell of the pages: design system, navigation, public home, everybody's start page, the desk, the style guide.

Owns no table. Rooms' templates extend `web/base.html` and use the components of `web/templatetags/xinshi.py`.
"""
