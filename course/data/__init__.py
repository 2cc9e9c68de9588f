"""Small real data sets, shipped with the course; the README beside them has sources and licences.

>>> images, labels = digits()
>>> images.shape, labels.shape
((1797, 64), (1797,))
"""

from course.data.optical_digits import Examples, digits, digits_split

__all__ = ["Examples", "digits", "digits_split"]
