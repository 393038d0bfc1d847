"""The command line: one small file a command. Parse, call, print, return the code.

Only this package reads the environment, the clock and the working directory, and only it exits.
"""
