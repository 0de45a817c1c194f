"""From the house to the solver's question: who could take which line, in few queries and as whole arrays.

`reading` asks the database, `people` lays what is known of people out as arrays, `asking` holds the rules of
`activities.eligibility` for all pairs at once, `valuing` says what speaks for a pair, `problems` puts it together.
"""

from xinshi.scheduling.building.problems import Built, build
from xinshi.scheduling.building.reading import Read, read

__all__ = ["Built", "Read", "build", "read"]
