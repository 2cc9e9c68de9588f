"""Where the boxes and lines of a graph go: in layers from left to right, after Sugiyama.

Four steps, each small: every node gets a layer; a line that passes a layer gets a place in it; the
order within the layers is improved until fewer lines cross; the heights follow the neighbours'.
(Sugiyama, Tagawa, Toda: Methods for visual understanding of hierarchical system structures, 1981.)
"""

from __future__ import annotations

from bisect import bisect_right, insort
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

BOX = (148.0, 62.0)
GAP = (72.0, 22.0)
LANE = 18.0  # height that a passing line takes in a layer
MARGIN = 10.0
SWEEPS = 12

Edges = tuple[tuple[int, int], ...]
Point = tuple[float, float]
# A node, or the place of all lines from `node` where they pass layer `layer`.
Place = tuple[int, int]


class Layout(NamedTuple):
    """Corners of the boxes by node, one list of points for each edge, and the size of it all."""

    corners: dict[int, Point]
    routes: tuple[tuple[Point, ...], ...]
    width: float
    height: float


@lru_cache(maxsize=32)
def layered(nodes: tuple[int, ...], edges: Edges) -> Layout:
    """Lay out an acyclic graph.

    Parameters
    ----------
    nodes : tuple of int
        In an order in which each edge goes from an earlier to a later one.
    edges : tuple of (source, target)
        May contain an edge twice: both are drawn, next to each other.
    """
    layer = _layers(nodes, edges)
    chains = [_chain(source, target, layer) for source, target in edges]
    links = {pair for chain in chains for pair in pairwise(chain)}
    rows: list[list[Place]] = [[] for _ in range(max(layer.values()) + 1)]
    for place in dict.fromkeys([*((n, layer[n]) for n in nodes), *(p for c in chains for p in c)]):
        rows[place[1]].append(place)
    rows = _uncrossed(rows, links)
    middle = _heights(rows, links, layer)
    reach = {p: (BOX[1] if layer[p[0]] == p[1] else LANE) / 2 for p in middle}
    top = min(middle[p] - reach[p] for p in middle) - MARGIN
    centre = {p: (MARGIN + p[1] * (BOX[0] + GAP[0]), middle[p] - top) for p in middle}
    corners = {n: (centre[n, layer[n]][0], centre[n, layer[n]][1] - BOX[1] / 2) for n in nodes}
    width = 2 * MARGIN + len(rows) * (BOX[0] + GAP[0]) - GAP[0]
    height = max(middle[p] + reach[p] for p in middle) - top + MARGIN
    return Layout(corners, _routes(edges, chains, centre), width, height)


def _layers(nodes: tuple[int, ...], edges: Edges) -> dict[int, int]:
    """Put each node after its last parent, and each input right before its first use."""
    layer = dict.fromkeys(nodes, 0)
    users: dict[int, list[int]] = {n: [] for n in nodes}
    made = set()
    for source, target in sorted(edges, key=lambda edge: nodes.index(edge[1])):
        layer[target] = max(layer[target], layer[source] + 1)
        users[source].append(target)
        made.add(target)
    for node in nodes:
        if node not in made and users[node]:
            layer[node] = min(layer[user] for user in users[node]) - 1
    return layer


def _chain(source: int, target: int, layer: dict[int, int]) -> list[Place]:
    """Give the places that a line passes; lines of one source share them, as a bundle."""
    return [*((source, k) for k in range(layer[source], layer[target])), (target, layer[target])]


def _uncrossed(rows: list[list[Place]], links: set[tuple[Place, Place]]) -> list[list[Place]]:
    """Order each layer by the mean place of its neighbours, to and fro; keep the best order."""
    before: dict[Place, list[Place]] = {place: [] for row in rows for place in row}
    after: dict[Place, list[Place]] = {place: [] for row in rows for place in row}
    for a, b in sorted(links):
        after[a].append(b)
        before[b].append(a)
    best, fewest = rows, _crossings(rows, after)
    for sweep in range(SWEEPS):
        if fewest == 0:
            break
        rows = [list(row) for row in rows]
        neighbours = after if sweep % 2 else before
        for i in range(len(rows))[:: -1 if sweep % 2 else 1]:
            at = {place: j for row in rows for j, place in enumerate(row)}
            mean = {
                p: sum(at[q] for q in neighbours[p]) / len(neighbours[p])
                if neighbours[p]
                else at[p]
                for p in rows[i]
            }
            rows[i].sort(key=mean.__getitem__)
        if (count := _crossings(rows, after)) < fewest:
            best, fewest = rows, count
    return best


def _crossings(rows: list[list[Place]], after: dict[Place, list[Place]]) -> int:
    """Count pairs of lines that cross: inversions between one layer's order and the next's."""
    count = 0
    for row, following in pairwise(rows):
        at = {place: j for j, place in enumerate(following)}
        ends: list[int] = []
        for place in row:
            mine = sorted(at[q] for q in after[place])
            count += sum(len(ends) - bisect_right(ends, end) for end in mine)
            for end in mine:
                insort(ends, end)
    return count


def _heights(
    rows: list[list[Place]], links: set[tuple[Place, Place]], layer: dict[int, int]
) -> dict[Place, float]:
    """Move each place towards the mean height of its neighbours, as far as the order allows."""
    near: dict[Place, list[Place]] = {place: [] for row in rows for place in row}
    for a, b in sorted(links):
        near[a].append(b)
        near[b].append(a)
    offsets = [_offsets(row, layer) for row in rows]
    height: dict[Place, float] = {}
    for row, offset in zip(rows, offsets, strict=True):
        height.update((p, o - offset[-1] / 2) for p, o in zip(row, offset, strict=True))
    for sweep in range(SWEEPS):
        for i in range(len(rows))[:: -1 if sweep % 2 else 1]:
            wanted = [
                (sum(height[q] for q in near[p]) / len(near[p]) if near[p] else height[p]) - o
                for p, o in zip(rows[i], offsets[i], strict=True)
            ]
            placed = zip(rows[i], _rising(wanted), offsets[i], strict=True)
            height.update((p, y + o) for p, y, o in placed)
    return height


def _offsets(row: list[Place], layer: dict[int, int]) -> list[float]:
    """Give the least distance of each place from the first of its layer."""
    size = [BOX[1] if layer[node] == k else LANE for node, k in row]
    offsets = [0.0]
    for above, below in pairwise(size):
        offsets.append(offsets[-1] + (above + below) / 2 + GAP[1])
    return offsets


def _rising(wanted: list[float]) -> list[float]:
    """Find the non-decreasing numbers nearest to the wanted ones, by pooling what is out of order.

    (Pool adjacent violators: the least-squares solution of isotonic regression.)
    """
    pools: list[tuple[float, int]] = []
    for value in wanted:
        mean, count = value, 1
        while pools and pools[-1][0] > mean:
            other, n = pools.pop()
            mean, count = (mean * count + other * n) / (count + n), count + n
        pools.append((mean, count))
    return [mean for mean, count in pools for _ in range(count)]


def _routes(
    edges: Edges, chains: list[list[Place]], centre: dict[Place, Point]
) -> tuple[tuple[Point, ...], ...]:
    """Lead each line from its source's right side to its target's left side.

    Lines into one box arrive apart from each other, in the order in which they come.
    """
    arriving: dict[int, list[int]] = {}
    for i in range(len(edges)):
        arriving.setdefault(edges[i][1], []).append(i)
    arrival: dict[int, float] = {}
    for target in arriving:
        # By height, and two lines from one source in the order of the arguments.
        order = sorted(arriving[target], key=lambda i: (centre[chains[i][-2]][1], i))
        apart = min(20.0, (BOX[1] - 14) / len(order))
        for k, i in enumerate(order):
            arrival[i] = (k - (len(order) - 1) / 2) * apart
    routes = []
    for i, chain in enumerate(chains):
        x, y = centre[chain[0]]
        points = [(x + BOX[0], y)]
        for place in chain[1:-1]:
            x, y = centre[place]
            points += [(x, y), (x + BOX[0], y)]
        x, y = centre[chain[-1]]
        routes.append((*points, (x, y + arrival[i])))
    return tuple(routes)
