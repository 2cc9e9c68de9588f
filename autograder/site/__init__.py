"""The course as a web site: each assignment as a page that steps, and notebooks that run there."""

from autograder.site.write import write_site

__all__ = ["write_site"]
