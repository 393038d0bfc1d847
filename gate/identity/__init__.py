"""Who is who: which accounts are one person's, which were seen, and what the policy still lacks.

``persons`` decides; ``sightings`` lists the accounts that facts name; ``gaps`` and ``proposals``
say what is missing in ``[[people]]`` and what could be written there. Nothing here reads or writes.
"""

from gate.identity.persons import GIT, People, Relation, same_account

__all__ = ["GIT", "People", "Relation", "same_account"]
