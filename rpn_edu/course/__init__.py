"""What a course needs beside the chapters: one symbol table, questions with a reason for every answer, a learner's progress."""

from .progress import progress as progress
from .quiz import Quiz as Quiz, quiz as quiz
from .symbols import SYMBOLS as SYMBOLS, Symbol as Symbol, symbols as symbols

__all__ = ["SYMBOLS", "Quiz", "Symbol", "progress", "quiz", "symbols"]
