"""What a course needs beside the chapters: one symbol table, questions with a reason for every answer."""
