"""Messages to people: in-app, and by SMS through a gateway that the settings choose.

Owns: the inbox, messages on their way to a phone, one-time codes, the counting of how often something may be asked.
Recipients of the inbox are opaque references (`person:12`): this room stands below the archive of people. Texts and phones
on their way out are sealed at rest, and texts that carry a code are forgotten once they are sent.
Verbs: `send_many`, `mark_read`, `send_text`, `deliver_texts`, `send_code`, `check_code`, `allow`.
"""
