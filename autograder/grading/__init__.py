"""From a submitted notebook to a verdict, and from verdicts to nbgrader's gradebook."""
