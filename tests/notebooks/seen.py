"""What a reader of each assignment sees, by its name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """The numbered headings in order, how many pictures there are, and some of what is printed."""

    headings: tuple[str, ...]
    drawings: int
    plots: int
    printed: tuple[str, ...]


SEEN = {
    "01_chain_rule": Seen(
        headings=(
            "1. A chain of two functions",
            "2. Two paths: the changes add",
            "3. Many paths: the Jacobian",
            "4. One answer, five views",
            "5. The input in front of the weight",
            "6. One neuron: three derivatives, then their product",
            "7. Many examples: their gradients add",
            "8. Slow, approximate, easy: the numerical gradient",
            "9. Derive, then check",
            "10. One step: against the gradient",
            "11. Many steps, and four choices",
            "12. A training step has four parts",
            "13. All of it together",
        ),
        drawings=6,
        plots=4,
        printed=(
            "Δx = 0.001   Δy = 0.003   Δz =  0.036009   Δz/Δx = 36.0090",
            "scalars: [19.  3.]  vectors: [19.  3.]  Jacobian: [19.  3.]",
            "shape (1, 2, 1, 2): [[19.  3.]]",
            "a slope of about 0.28747",
        ),
    ),
    "02_computational_graphs": Seen(
        headings=(
            "1. Take it apart",
            "2. One module, forwards and backwards",
            "3. A small graph, by hand",
            "4. A layer that remembers: the apple shop",
            "5. Oranges too",
            "6. In which order? Topological sort",
            "7. Forward through any graph",
            "8. Backward with a table",
            "9. Why a table: counting",
            "10. Two layers, number by number",
            "11. The derivative is more graph",
            "12. What a library records",
            "13. All of it together",
        ),
        drawings=3,
        plots=1,
        printed=(
            "gradients {'x': -4.0, 'y': -4.0, 'z': 3.0, 'q': -4.0, 'f': 1.0}",
            "price 220.00000000000003, dapple_price 1.1",
            "dapple 2.2, dapple_num 110.00000000000001, dtax 200.0",
            "price 715\ndapple 2.2, dapple_num 110\ndorange 3.3, dorange_num 165, dtax 650",
            "{'a': 7.0, 'b': 2.0, 'c': 1.0, 'd': 1.0}",
            "gradients {'a': 5.0, 'b': 2.0, 'c': 1.0, 'd': 1.0}",
        ),
    ),
    "03_gate_patterns": Seen(
        headings=(
            "1. One gate: upstream times local",
            "2. The multiply gate swaps",
            "3. The max gate routes",
            "4. A circuit of three gates",
            "5. Four small gates: times a constant, plus a constant, exp, one over x",
            "6. The sigmoid neuron, gate by gate",
            "7. One sigmoid gate",
            "8. A gate that remembers",
            "9. Gradients add at branches",
            "10. Gates as objects",
            "11. A graph that runs itself backwards",
            "12. The same layer in Caffe",
            "13. All of it together",
        ),
        drawings=8,
        plots=1,
        printed=(
            "0.731059",
            "0.196612",
            "-0.196612",
            "0.393224",
            "-0.393224",
            "-0.589836",
            "f = -20",
            "dx = -8, dy = 6, dz = 2, dw = 0",
            "f = -6",
            "dx = -2, dy = 3, dz = 3",
        ),
    ),
    "04_vectorized_gradients": Seen(
        headings=(
            "1. Shapes first",
            "2. Entry by entry: ReLU and its Jacobian",
            "3. Broadcasting backward is a sum",
            "4. The squared length of Wx",
            "5. The affine layer",
            "6. Rows looked up in a table",
            "7. Softmax: a Jacobian that is not diagonal",
            "8. Logistic regression: p minus y",
            "9. Softmax and cross-entropy: p minus y again",
            "10. The multiclass hinge",
            "11. All of it together",
        ),
        drawings=1,
        plots=6,
        printed=(
            "4,096 inputs: 16,777,216 entries, 0.13 GB",
            "409,600 inputs: 167,772,160,000 entries, 1,342.18 GB",
            " 40 examples,  1600 weights:  2560000 local derivatives",
        ),
    ),
    "05_multilayer_perceptrons": Seen(
        headings=(
            "1. A unit that steps: one side of a line",
            "2. Regions: lines, then corners, then anything",
            "3. One hidden layer, and units that are always 1",
            "4. From a⁰ to aᴸ",
            "5. The last layer, and two things called δ",
            "6. A hidden unit adds up what comes back",
            "7. From one δ to the one before",
            "8. From δ to the weights",
            "9. The reversed network",
            "10. The whole backward pass, with a regulariser",
            "11. Mini-batches",
            "12. All of it together",
        ),
        drawings=1,
        plots=5,
        printed=(
            "     7               1,000,000                       100,000,000",
            "together 2778 parameters",
            "of the test digits are right",
        ),
    ),
    "06_vanishing_gradients": Seen(
        headings=(
            "1. One factor a layer",
            "2. Five layers, one neuron each",
            "3. Any depth: shrink or explode",
            "4. A unit that does not saturate: ReLU and its leak",
            "5. Start at the right size: Xavier",
            "6. Start at the right size: He",
            "7. A way around: residual paths",
            "8. Keep the values in range: normalisation",
            "9. When it explodes: clipping",
            "10. All of it together",
        ),
        drawings=2,
        plots=9,
        printed=("0.25^5 = 9.8e-04", "0.25^10 = 9.5e-07", "middle factor 0.0761, product 6.0e-12"),
    ),
    "07_your_own_autodiff": Seen(
        headings=(
            "1. Add and multiply, for any shapes",
            "2. The matrix product",
            "3. A gate that saves its output: tanh",
            "4. The sum of everything",
            "5. A gate as a class: log-softmax",
            "6. One by one: your gates in the engine",
            "7. The tape behind it",
            "8. The derivative is more graph",
            "9. Gradient of a gradient",
            "10. Hessian times vector",
            "11. All of it together: the digits",
            "12. The same model in five libraries",
        ),
        drawings=3,
        plots=1,
        printed=(),
    ),
}
