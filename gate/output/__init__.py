"""One decision on many surfaces: terminal, annotations, step summary, JUnit, JSON, CI outputs.

Everything that came from outside is escaped for where it goes (``escape``). People's names stand in
what people read (terminal, summary, JUnit, annotations) and in the JSON, which says the same as the
terminal to a program; never in the outputs that a CI keeps as variables, nor in records.
"""
