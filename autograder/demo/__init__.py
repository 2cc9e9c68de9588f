"""A sample class, graded from beginning to end: ``python -m autograder.demo``."""
