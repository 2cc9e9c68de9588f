"""The optical digits: what they are, and that they are what the README says."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np

from course.data import digits, digits_split

FOLDER = Path(__file__).parents[2] / "course" / "data"


def test_the_file_is_the_one_that_the_readme_names_by_its_hash() -> None:
    (stated,) = re.findall(r"`([0-9a-f]{64})`", (FOLDER / "README.md").read_text(encoding="utf-8"))
    assert hashlib.sha256((FOLDER / "digits.csv.gz").read_bytes()).hexdigest() == stated


def test_images_are_rows_of_64_floats_from_0_to_1() -> None:
    images, _ = digits()
    assert images.shape == (1797, 64)
    assert images.dtype == np.float64
    assert images.min() == 0.0
    assert images.max() == 1.0


def test_labels_are_the_ten_digits_about_equally_often() -> None:
    _, labels = digits()
    assert labels.shape == (1797,)
    assert labels.dtype == np.int64
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_every_call_gives_arrays_of_its_own() -> None:
    first, _ = digits()
    first[:] = -1
    second, _ = digits()
    assert second.min() == 0.0


def test_the_split_uses_every_example_once() -> None:
    images, labels = digits()
    (train, train_labels), (test, test_labels) = digits_split()
    assert (len(train), len(test)) == (1437, 360)
    whole = np.column_stack([images, labels])
    parts = np.column_stack(
        [np.concatenate([train, test]), np.concatenate([train_labels, test_labels])]
    )
    np.testing.assert_array_equal(parts[np.lexsort(parts.T)], whole[np.lexsort(whole.T)])


def test_the_split_is_the_same_at_every_call_and_has_every_digit_on_both_sides() -> None:
    (_, train_labels), (_, test_labels) = digits_split()
    np.testing.assert_array_equal(digits_split()[1][1], test_labels)
    assert test_labels[:10].tolist() == [6, 6, 6, 2, 5, 6, 6, 2, 2, 1]
    assert set(train_labels.tolist()) == set(test_labels.tolist()) == set(range(10))
