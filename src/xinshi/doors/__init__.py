"""The frame of the four thin doors to an action: page, API endpoint, command, task.

Owns: the page decorator, problem+json, cursor pages, idempotency keys, the command's base class, response headers, logs,
links from opaque references, the way out to other systems (`outgoing`). Does not own: any rule, any table but the
idempotency keys.
"""
