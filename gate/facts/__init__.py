"""What a decision rests on, had from those who know it, side by side and within one budget.

Nothing is judged here. Whatever could not be had stands in the facts as a ``Problem``, and the
controls that need it say so.

==============  ==================================================================================
module          what happens there
==============  ==================================================================================
``question``    what is asked: the deployment, and what the caller said about it
``gather``      everything that ``evaluate`` needs, by asking all at once
``opened``      what can be asked of a forge and of the CI that runs us
``forges``      opening the forge of the service's repository, or git in its place
``jenkins``     opening the policy's Jenkins beside it
``run``         the run, and who let it in; what is said of a run that nobody can be asked about
``change``      the range of commits that the log demands
``named``       the tickets that are named: by option, or by the change
==============  ==================================================================================

``gather`` imports all the others and nobody but the commands imports it; ``forges`` and ``jenkins``
yield an ``Opened``. The libraries that ask are imported only when something is asked.
"""
