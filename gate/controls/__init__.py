"""The controls: one rule a file, each a pure function of facts, policy and time.

``registry.CONTROLS`` lists them in the order in which they are shown and recorded. The modules that
are not controls hold what several of them must see alike: which approvals count (``counted``) and
whose the others may be (``whose``), what was decided on the run itself (``run_approvals``), who
made what (``makers``), what a ticket covers (``coverage``), what the change consists of
(``change``) and when a part of it last became what it is (``last_change``), what ran in the
environment that comes first (``earlier``), and the time that things must precede (``reference``).
"""
