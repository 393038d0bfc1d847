"""Stand-ins for the services gate asks, and a world to tell its story in.

The simulators keep state and speak the services' own wire shapes on loopback, so that the real
clients can be run against them. They know nothing of gate: what they share with it is HTTP only.
"""
