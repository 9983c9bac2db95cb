"""`python -m rpn_edu`: the command line, and without a command the catalogue."""

from .cli import entered

if __name__ == "__main__":
    entered(otherwise="catalogue")
