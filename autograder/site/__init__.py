"""The course as a web site: each assignment as a page that steps, and notebooks that run there."""
