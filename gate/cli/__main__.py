"""``python -m gate.cli``: the command, where the console script is not on the path."""

from gate.cli.main import run

if __name__ == "__main__":
    run()
