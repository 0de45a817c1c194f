"""Training 培训: courses, their lessons and quizzes, sessions, who attended, certificates.

Owns: courses, lessons, question banks, sessions and places in them, attendance, certificates. Does not own: the
qualification that a passed course gives (archive), which role asks for it (activities).
"""
