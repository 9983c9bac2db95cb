"""What a course needs beside the chapters: one symbol table, questions with a reason for every answer, exercises that answer, progress."""

from .checking import Solution as Solution, Verdict as Verdict, check as check, solution as solution
from .progress import progress as progress
from .quiz import Quiz as Quiz, quiz as quiz
from .symbols import SYMBOLS as SYMBOLS, Symbol as Symbol, symbols as symbols

__all__ = ["SYMBOLS", "Quiz", "Solution", "Symbol", "Verdict", "check", "progress", "quiz", "solution", "symbols"]
