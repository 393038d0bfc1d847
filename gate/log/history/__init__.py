"""What the log proves of a service, an environment, a ticket, an emergency.

===============  =========================================================================
``history``      what the log proves of a deployment about to happen
``track``        what a run of records says of one service and environment
``earlier``      what the log proves of the environment that must come first
``emergencies``  which emergencies of a service await their review
``uses``         what each ticket let into each environment, for a pass over the whole log
``standing``     what a decision counted on that its place in the log does not bear out
===============  =========================================================================
"""
