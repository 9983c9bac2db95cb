"""`python -m rpn_edu`: the catalogue."""

from .catalogue import entered

if __name__ == "__main__":
    entered()
