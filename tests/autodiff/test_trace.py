"""The graph of a computation: names, values, local derivatives, contributions, three forms."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import numpy as np
import pytest

from course.autodiff import grad, name, trace
from course.autodiff.errors import ArgumentError

SVG = "{http://www.w3.org/2000/svg}"


def example(x, y, z):
    return name(x + y, "q") * z


@pytest.fixture
def graph():
    return trace(example, -2.0, 5.0, -4.0)


def test_inputs_are_named_after_the_functions_parameters(graph):
    assert [graph.nodes[i].name for i in graph.inputs] == ["x", "y", "z"]


def test_inputs_inside_a_nest_are_named_with_their_place():
    graph = trace(lambda p, x: p["w"][0] * x, {"w": [2.0]}, 3.0)
    assert [graph.nodes[i].name for i in graph.inputs] == ["p['w'][0]", "x"]


def test_an_input_may_be_given_another_name():
    assert trace(lambda x: name(x, "theta") ** 2, 3.0)["theta"].gradient == 6.0


def test_a_name_is_no_operation(graph):
    assert [node.op for node in graph.nodes] == ["input", "input", "input", "add", "multiply"]


def test_naming_what_is_not_traced_changes_nothing():
    assert name(3.0, "q") == 3.0
    assert grad(lambda x: name(x * x, "q"))(3.0) == 6.0


def test_each_node_knows_its_parents_value_and_gradient(graph):
    q = graph["q"]
    assert (q.parents, q.value, q.gradient, q.label) == ((0, 1), 3.0, -4.0, "q")


def test_an_edge_has_the_local_derivative_and_what_flows_back_along_it(graph):
    to_product = [e for e in graph.edges if e.target == 4]
    assert [(e.source, e.local, e.contribution) for e in to_product] == [
        (3, -4.0, -4.0),
        (2, 3.0, 3.0),
    ]


def test_a_gradient_is_the_sum_of_the_contributions():
    x, W = np.array([[0.5, -1.0]]), np.array([[0.3, 0.2], [0.1, -0.4]])
    graph = trace(lambda W, x, b: np.sum(np.tanh(x @ W + b) * x), W, x, np.zeros(2))
    for node in graph.nodes[:-1]:
        parts = [e.contribution for e in graph.edges if e.source == node.id]
        assert all(np.shape(part) == np.shape(node.value) for part in parts)
        np.testing.assert_allclose(sum(parts), node.gradient, rtol=1e-15)


def test_the_gradients_are_those_of_grad():
    x = np.array([0.5, -1.0, 2.0])

    def f(x):
        return np.sum(np.exp(x) * x[::-1])

    np.testing.assert_array_equal(trace(f, x).gradients()[0], grad(f)(x))


def test_the_local_derivative_of_what_is_not_elementwise_is_a_sentence():
    graph = trace(lambda A, B: A @ B, np.eye(2), np.eye(2))
    assert "upstream · Yᵀ to X" in graph.edges[0].local


def test_only_what_the_output_depends_on_is_in_the_graph():
    def f(x, unused):
        np.exp(x)
        return x * 2.0

    graph = trace(f, 1.0, 2.0)
    assert [node.op for node in graph.nodes] == ["input", "input", "multiply"]
    assert graph["unused"].gradient == 0.0


def test_an_upstream_gradient_may_be_given():
    graph = trace(lambda x: x * x, np.ones(2), upstream=np.array([1.0, 10.0]))
    np.testing.assert_array_equal(graph["x"].gradient, [2.0, 20.0])


def test_an_upstream_gradient_must_fit():
    with pytest.raises(ArgumentError, match="upstream has shape"):
        trace(lambda x: x * x, np.ones(2), upstream=np.ones(3))


def test_keeping_the_last_or_first_contribution_shows_the_mistake_of_not_adding():
    graph = trace(lambda x: x * x + 3.0 * x, 2.0)
    assert graph.gradients() == (7.0,)
    # From the output back: 3x arrives first, then x·x with one part for each factor.
    assert graph.gradients(keep="first") == (3.0,)
    assert graph.gradients(keep="last") == (2.0,)


def test_where_nothing_branches_all_ways_to_keep_agree(graph):
    assert graph.gradients("sum") == graph.gradients("first") == graph.gradients("last")


def test_several_outputs_are_all_in_the_graph():
    graph = trace(lambda x: (x * 2.0, x * 3.0), 1.0)
    assert len(graph.outputs) == 2
    assert graph["x"].gradient == 5.0


def test_a_derivative_is_more_graph():
    added = trace(grad(lambda x: x * x * x), 2.0)
    assert added.nodes[-1].value == 12.0
    assert added["x"].gradient == 12.0
    assert len(added.nodes) > len(trace(lambda x: x * x * x, 2.0).nodes)


def test_the_text_has_a_line_for_each_value_and_each_edge(graph):
    lines = graph.text().splitlines()
    assert lines[4].split() == ["#3", "q", "+", "(#0,", "#1)", "3", "-4"]
    assert "#3 → #4: -4 → -4" in lines
    assert len(lines) == 1 + len(graph.nodes) + 2 + len(graph.edges)


def test_a_constant_operand_is_shown_with_its_sign():
    labels = [node.label for node in trace(lambda x: 1.0 / (1.0 + np.exp(-x)), 0.0).nodes]
    assert labels == ["x", "negative", "exp", "1 +", "1 /"]


def test_the_svg_is_well_formed_and_says_in_words_what_it_shows(graph):
    root = ElementTree.fromstring(graph.svg())
    assert root.get("role") == "img"
    assert "x, y, z" in root.findtext(f"{SVG}title")
    assert "gradient" in root.findtext(f"{SVG}desc")
    shown = [text.text for text in root.iter(f"{SVG}text")]
    assert "q = +" in shown
    assert "value -12" in shown
    assert "gradient -4" in shown


def test_a_notebook_gets_the_picture_and_the_words_for_those_who_do_not_see_it(graph):
    data, metadata = graph._repr_mimebundle_()
    words = metadata["image/svg+xml"]["alt"]
    assert "q = + of x, y: value 3, gradient -4." in words
    assert data["image/svg+xml"] == graph.svg()
    assert f'alt="{words}"' in data["text/html"]


def test_the_svg_escapes_what_a_name_could_contain():
    root = ElementTree.fromstring(trace(lambda x: name(x * 2.0, '<a> & "b"'), 1.0).svg())
    assert '<a> & "b"' in [text.text for text in root.iter(f"{SVG}text")]


def test_no_two_boxes_of_the_svg_overlap():
    graph = trace(lambda x, y: (x + y) * (x - y) * np.exp(x * y), 1.0, 2.0)
    root = ElementTree.fromstring(graph.svg())
    corners = [(float(r.get("x")), float(r.get("y"))) for r in root.iter(f"{SVG}rect")]
    assert len(set(corners)) == len(corners) == len(graph.nodes)


def test_the_dict_survives_json(graph):
    data = json.loads(json.dumps(graph.to_dict()))
    assert data["nodes"][3]["name"] == "q"
    assert data["edges"][0] == {"source": 0, "target": 3, "local": 1.0, "contribution": -4.0}


def test_an_unknown_name_is_answered_with_the_known_ones(graph):
    with pytest.raises(KeyError, match="x, y, z, q"):
        graph["r"]


def test_a_name_that_says_how_the_value_was_made_stands_alone_in_its_box():
    root = ElementTree.fromstring(trace(lambda x: name(x * 2.0, "z = 2x"), 1.0).svg())
    shown = [text.text for text in root.iter(f"{SVG}text")]
    assert "z = 2x" in shown
