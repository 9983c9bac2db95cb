"""nbgrader at work: it makes the copies of students, and marks what they hand in. All that needs it lies here."""

from ...shared import machine

machine.needs("rpn_edu.kit.grader", "IPython", "nbgrader", extra="teach")
