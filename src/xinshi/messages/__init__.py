"""Messages to people. In-app so far; SMS, e-mail and WeChat join as further carriers of the same message.

Recipients are opaque references (`person:12`): this room stands below the archive of people.
Verbs: `send`, `send_many`, `mark_read`.
"""
