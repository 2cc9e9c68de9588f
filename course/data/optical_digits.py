"""The optical digits of the UCI repository: 1797 images of 8 x 8 pixels, ten classes."""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Examples", "digits", "digits_split"]

Examples: TypeAlias = tuple[NDArray[np.float64], NDArray[np.int64]]
"""Images, one a row, and their labels."""

DARKEST = 16
"""A pixel counts the dark points in a block of 4 x 4 of the scan."""

TEST_EXAMPLES = 360
SPLIT_SEED = 0


def digits() -> Examples:
    """Load all examples, in the order of the source.

    Returns
    -------
    images : ndarray of float64, shape (1797, 64)
        Pixels row by row, from 0 (white) to 1 (black); ``images[i].reshape(8, 8)`` is a picture.
    labels : ndarray of int64, shape (1797,)
        0 to 9.
    """
    with as_file(files(__package__) / "digits.csv.gz") as path:
        table = np.loadtxt(path, delimiter=",")  # it unpacks by the suffix
    return table[:, :-1] / DARKEST, table[:, -1].astype(np.int64)


def digits_split() -> tuple[Examples, Examples]:
    """Load the examples, split once and for all into 1437 to train on and 360 to test on.

    The examples are shuffled with a fixed seed first, so every call and every machine gets the
    same split. Both parts have digits by the same thirteen writers: the test says how a network
    does on new digits by known hands, which is easier than on unknown hands.

    Returns
    -------
    train, test : pairs of ndarray
        ``(images, labels)`` each, as `digits` returns them.
    """
    images, labels = digits()
    order = np.random.default_rng(SPLIT_SEED).permutation(len(labels))
    test, train = order[:TEST_EXAMPLES], order[TEST_EXAMPLES:]
    return (images[train], labels[train]), (images[test], labels[test])
