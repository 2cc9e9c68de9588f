# %% [markdown]
# # 05 Multi-layer perceptrons
#
# One layer can draw one line. Layers behind layers can draw anything. But then most units are
# hidden: nobody says what they should put out. This notebook goes from units that step to a network
# that reads handwriting, and shows how a hidden unit learns what is its fault.

# %% [markdown]
# When you are done, you will be able to
#
# - say which regions one, two and three layers of stepping units can mark;
# - run a network of any depth forward, and keep what backward needs;
# - carry δ from the last layer to the first, under either of its two definitions;
# - write the whole backward pass of a classifier with a regulariser;
# - train it with mini-batches to more than 95 % on real digits.

# %% [markdown]
# ## How to work with this notebook
#
# Replace each `raise NotImplementedError()` by your code, then run the cell and the check below it.
# A check tries numbers that you have not seen and says what is wrong. The sections do not need each
# other, apart from the last one. If a cell that uses your code stops with NotImplementedError,
# write the stub first or come back later. All of it takes an hour or two.

# %%
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np

from course import check, plots
from course.autodiff import name, primitive, trace, vjp
from course.data import digits_split
from course.widgets import DecisionRegions, ReverseNetwork

# %% [markdown]
# ## The long way
#
# How does a weight in the first layer change the loss? It moves a hidden unit. That unit feeds
# every unit of the next layer, each of those feeds every unit of the one after, and so on. The
# chain rule has one product for **every path** from the weight to the loss. Let us count the paths.

# %%
width = 10
print("layers   paths from one weight   products for the whole first layer")
for layers in range(2, 8):
    paths = width ** (layers - 1)
    weights = width**2
    print(f"{layers:6d} {paths:23,d} {weights * paths:33,d}")

# %% [markdown]
# **What to see.** Each layer makes ten times as many paths, in a network of only ten units a layer.
# But all of these paths go through the same few units. If each *unit* knew once how the loss
# changes with it, the paths behind it would not have to be walked again. That number is called δ.

# %% [markdown]
# ## The idea: one δ for each unit
#
# ```text
# forward   a⁰ ─W¹─► z¹ ─f─► a¹ ─W²─► z² ─f─► a² ──► E
#
# backward           δ¹ ◄┄ f′ ┄┄ W² ┄ δ² ◄┄ f′ ┄┄┄┄┄ y
#                    │                │
#             dW¹ from a⁰, δ¹   dW² from a¹, δ²
# ```
#
# Forward: each layer takes a weighted sum $z$ and puts it through an activation $f$. Backward: each
# layer's δ comes from the δ right behind it, in one step. A weight then needs two numbers only:
# what came in, and the δ of where it goes.

# %% [markdown]
# **Rows here, columns there.** The lectures draw one example as a column. We keep a batch of
# examples as rows, as in assignment 04. So a weight matrix here is the transpose of theirs:
#
# | | lectures, one example | here, a batch |
# |---|---|---|
# | forward | $z^l = W^l a^{l-1}$ | $Z^l = A^{l-1}W^l$ |
# | back through the weights | $W^{\top}\delta$ | $\Delta\,W^\top$ |
# | weights | $\delta\,a^\top$ | $A^\top\Delta$ |
#
# $W_{jk}$ leads from unit $j$ to unit $k$ of the next layer.

# %% [markdown]
# ## 1. A unit that steps: one side of a line
#
# The first perceptrons did not have smooth activations. Their unit *fires* (puts out 1) if its sum
# is above 0, and puts out 0 otherwise:
#
# $$h = [\,w_1x_1 + w_2x_2 + b > 0\,].$$
#
# The points where the sum is exactly 0 form a line. On one side of it the unit fires. So a single
# unit marks a **half-plane**; with more inputs, a half-space.

# %%
w, b = np.array([1.0, 1.0]), -0.6
grid = np.stack(np.meshgrid(np.linspace(-0.5, 1.5, 200), np.linspace(-0.5, 1.5, 200)), axis=-1)
corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])

figure, axes = plt.subplots(figsize=(3.4, 3.2))
axes.contourf(grid[..., 0], grid[..., 1], grid @ w + b > 0, levels=1, colors=["white", "lightblue"])
axes.plot(corners[:, 0], corners[:, 1], "ko")
axes.quiver(0.3, 0.3, w[0], w[1], angles="xy", scale_units="xy", scale=3)
axes.set_xlabel("$x_1$")
axes.set_ylabel("$x_2$")
plots.show(figure, alt="Blue above a slanted line, with an arrow at a right angle to it.")

# %% [markdown]
# **What to see.** The unit with weights (1, 1) and bias −0.6 fires in the blue part. The arrow is
# the vector of weights: it stands at a right angle to the line and points to where the unit fires.
# A larger bias moves the line against the arrow. Of the four corners of the square, three are in
# the blue part: for inputs 0 and 1, this unit computes *or*.

# %% [markdown]
# With inputs that are 0 or 1, units are logical gates. For *and* and for *or* of $n$ inputs,
# weights of 1 will do: the sum then counts how many inputs are 1. The bias decides how many are
# needed.


# %% nbgrader={"grade_id": "gate_unit-stub", "solution": true}
def gate_unit(kind, n):
    """Weights and bias of a unit that computes a logical gate.

    The unit fires if w[0] * x[0] + ... + w[n - 1] * x[n - 1] + b > 0. At exactly 0 it does not.

    Parameters
    ----------
    kind : str
        "and": fire if all inputs are 1. "or": fire if at least one is.
    n : int
        Number of inputs, each of them 0 or 1.

    Returns
    -------
    w : array, shape (n,)
    b : float

    Hint: how large is the sum when the unit just has to fire, and how large when it just must not?
    Put the border in the middle.

    >>> w, b = gate_unit("and", 2)
    >>> [bool(np.dot(w, x) + b > 0) for x in ([0, 0], [0, 1], [1, 0], [1, 1])]
    [False, False, False, True]
    """
    ### BEGIN SOLUTION
    needed = n if kind == "and" else 1
    return np.ones(n), 0.5 - needed
    ### END SOLUTION


# %% nbgrader={"grade_id": "gate_unit", "grade": true}
check(gate_unit)

# %% [markdown]
# ## 2. Regions: lines, then corners, then anything
#
# | layers of weights | region that an output unit can mark | how |
# |---|---|---|
# | one | a half-plane | one line |
# | two | a polygon, open or closed | *and* of half-planes: the hidden units |
# | three | anything | *or* of polygons |

# %% [markdown]
# The first hidden layer has one unit for each line. A second hidden layer has one *and* unit for
# each polygon. The output is one *or* unit over the polygons. Any region can be covered by enough
# small polygons.


# %% nbgrader={"grade_id": "decision_region-stub", "solution": true}
def decision_region(points, polygons):
    """Output of a network of stepping units: 1 for points inside at least one polygon.

    Parameters
    ----------
    points : array, shape (N, 2)
    polygons : list of (W, b)
        One pair for each polygon: W of shape (2, S) and b of shape (S,) are the weights and biases
        of its S lines. A point is on the inside of a line if its sum is above 0.

    Returns
    -------
    inside : array, shape (N,)
        1.0 or 0.0.

    Hint: three layers. `np.all(..., axis=1)` is an `and` over the columns, `np.any` an `or`.

    >>> triangle = (np.array([[1.0, 0.0, -1.0], [0.0, 1.0, -1.0]]), np.array([0.0, 0.0, 1.0]))
    >>> decision_region(np.array([[0.2, 0.2], [0.9, 0.9], [-0.5, 0.5]]), [triangle])
    array([1., 0., 0.])
    """
    ### BEGIN SOLUTION
    inside = np.zeros(len(points), dtype=bool)
    for W, b in polygons:
        lines = points @ W + b > 0
        inside |= np.all(lines, axis=1)
    return inside.astype(float)
    ### END SOLUTION


# %% nbgrader={"grade_id": "decision_region", "grade": true}
check(decision_region)

# %% [markdown]
# **Look.** One line, a triangle, and two triangles that overlap:

# %%
line = (np.array([[1.0], [1.0]]), np.array([-0.6]))
triangle = (np.array([[1.0, 0.0, -1.0], [0.0, 1.0, -1.0]]), np.array([0.0, 0.0, 1.0]))
other = (np.array([[-1.0, 0.0, 1.0], [0.0, -1.0, 1.0]]), np.array([1.0, 1.0, -0.7]))
regions = {"one layer": [line], "two layers": [triangle], "three layers": [triangle, other]}

figure, axes = plt.subplots(1, 3, figsize=(8, 2.7), sharey=True)
for panel, (title, polygons) in zip(axes, regions.items(), strict=True):
    inside = decision_region(grid.reshape(-1, 2), polygons).reshape(grid.shape[:2])
    panel.contourf(grid[..., 0], grid[..., 1], inside, levels=1, colors=["white", "lightblue"])
    panel.set_title(title)
plots.show(figure, alt="Three blue regions: a half-plane, a triangle, two that overlap.")

# %% [markdown]
# **What to see.** Each layer makes new shapes out of those before it: lines, corners, unions. And
# there is the catch. We chose every weight by hand. A step has slope 0 everywhere, so no gradient
# could have found them. That is why we now turn to activations that are smooth.

# %% [markdown]
# Below, three smooth units learn the triangle by themselves, from gradients, which is what this
# notebook is about. Press **Play**, or step with the → key. Then try a *half-plane* with no hidden
# unit, a *disc*, and *two triangles* with 8 units, each with fewer units than it needs, too.

# %%
DecisionRegions("triangle", hidden=3)

# %% [markdown]
# **What to see.** Each dotted line is a hidden unit: the line on which it is undecided. They move
# until they stand along the sides. The corners are round, because the units are smooth. On the
# right, the gradients of both layers become small as the loss does. With one hidden unit there is
# one line, and no triangle.

# %% [markdown]
# ## 3. One hidden layer, and units that are always 1
#
# Replace the step by the sigmoid. A network with one hidden layer computes
#
# $$z_j = \sigma\Bigl(\sum_{i=0}^{d} x_i\,w^{[1]}_{ij}\Bigr), \qquad
# o_k = \sum_{j=0}^{M} z_j\,w^{[2]}_{jk}, \qquad x_0 = z_0 = 1.$$
#
# The sums start at 0. Unit 0 is always 1, so its weight plays the part of the bias. There is no
# activation at the output: scores and measurements may be any numbers. Such a network is called a
# *two-layer* network, since it has two layers of weights.


# %% nbgrader={"grade_id": "mlp_forward-stub", "solution": true}
def mlp_forward(X, W1, W2):
    """Output of a network with one hidden layer of sigmoid units and bias units.

    Parameters
    ----------
    X : array, shape (N, d)
    W1 : array, shape (d + 1, M)
        Row 0 belongs to the input unit that is always 1.
    W2 : array, shape (M + 1, K)
        Row 0 belongs to the hidden unit that is always 1. It is not computed by W1.

    Returns
    -------
    out : array, shape (N, K)
        With no activation at the end.

    Hint: `np.column_stack([np.ones(N), X])` puts a column of ones in front. You need it twice.

    >>> W1 = np.array([[0.0, -1.0], [2.0, 0.0], [0.0, 1.0]])
    >>> W2 = np.array([[1.0], [2.0], [4.0]])
    >>> mlp_forward(np.array([[0.0, 1.0]]), W1, W2)
    array([[4.]])
    """
    ### BEGIN SOLUTION
    ones = np.ones(len(X))
    hidden = 1.0 / (1.0 + np.exp(-(np.column_stack([ones, X]) @ W1)))
    return np.column_stack([ones, hidden]) @ W2
    ### END SOLUTION


# %% nbgrader={"grade_id": "mlp_forward", "grade": true}
check(mlp_forward)

# %% [markdown]
# **Look.** A linear model adds up fixed functions of $x$, such as $x$, $x^2$, $\sin x$, which
# somebody has chosen. This network adds up functions too, its hidden units. But their own weights
# say where each of them rises and how steeply. They are **adaptive basis functions**:

# %%
x = np.linspace(-4, 4, 201)
W1 = np.array([[6.0, 0.0, -6.0], [3.0, 2.0, 3.0]])
W2 = np.array([[-0.5], [2.0], [-3.0], [2.0]])

figure, axes = plt.subplots(1, 2, figsize=(8, 2.8), sharey=True)
for unit in range(3):
    only = np.zeros_like(W2)
    only[unit + 1] = W2[unit + 1]
    label = f"hidden unit {unit + 1}, times {W2[unit + 1, 0]:.0f}"
    axes[0].plot(x, mlp_forward(x[:, np.newaxis], W1, only)[:, 0], label=label)
axes[1].plot(x, mlp_forward(x[:, np.newaxis], W1, W2)[:, 0], color="black", label="output")
for panel in axes:
    panel.set_xlabel("x")
    panel.legend(fontsize=7)
plots.show(figure, alt="Left, three smooth steps; right, their sum, a curve with a hill.")

# %% [markdown]
# **What to see.** On the left, three steps of one shape, moved, stretched and turned over. On the
# right, their sum, minus 0.5: a curve that none of them has. With enough hidden units, one hidden
# layer comes as near to any continuous curve as you like. That says what can be *expressed*. It
# does not say how the weights are *found*.

# %% [markdown]
# ## 4. From a⁰ to aᴸ
#
# For any number of layers, call the input $a^0$ and the output $a^L$. With the biases written apart
# again:
#
# $$z^l = a^{l-1}W^l + b^l, \qquad a^l = \sigma(z^l) \quad\text{for } l < L, \qquad a^L = z^L.$$
#
# So the whole network is one function inside another,
# $a^L = f(W^L f(W^{L-1} \cdots f(W^1 x)))$ in the lecture's notation. What was inside is what the
# backward pass will ask for, so **keep every $a^l$**.

# %% [markdown]
# Which shapes? Here for 64 inputs, hidden layers of 32 and 16 units, 10 outputs, and $N$ examples:

# %%
sizes = (64, 32, 16, 10)
print("layer   W          b       z, a, δ   parameters")
total = 0
for layer in range(1, len(sizes)):
    before, after = sizes[layer - 1 : layer + 1]
    count = before * after + after
    total += count
    print(
        f"{layer:5d}   ({before}, {after})".ljust(19) + f"({after},)   (N, {after})   {count:10d}"
    )
print(f"together {total} parameters")

# %% [markdown]
# **What to see.** δ has the shape of $z$: one number for each unit and example. And each gradient
# will have the shape of its parameter. Nearly all parameters are in the first layer, as it has the
# most inputs.


# %% nbgrader={"grade_id": "forward_pass-stub", "solution": true}
def forward_pass(X, params):
    """Run a network of sigmoid layers forward, and keep what every layer puts out.

    Parameters
    ----------
    X : array, shape (N, n0)
    params : list of (W, b)
        One pair for each layer, W of shape (n before, n after), b of shape (n after,).

    Returns
    -------
    list of array
        a0, a1, ..., aL: the input first, the output last. The last layer has no activation.

    Hint: start with [X]; each layer uses the last entry of the list so far.

    >>> params = [
    ...     (np.array([[1.0, 0.0], [1.0, 2.0]]), np.array([0.0, 2.0])),
    ...     (np.array([[2.0], [4.0]]), np.array([-1.0])),
    ... ]
    >>> for a in forward_pass(np.array([[1.0, -1.0]]), params):
    ...     print(a)
    [[ 1. -1.]]
    [[0.5 0.5]]
    [[2.]]
    """
    ### BEGIN SOLUTION
    kept = [X]
    for W, b in params[:-1]:
        kept.append(1.0 / (1.0 + np.exp(-(kept[-1] @ W + b))))
    W, b = params[-1]
    kept.append(kept[-1] @ W + b)
    return kept
    ### END SOLUTION


# %% nbgrader={"grade_id": "forward_pass", "grade": true}
check(forward_pass)

# %% [markdown]
# ## 5. The last layer, and two things called δ
#
# Now backward. Take a last layer that does have a sigmoid, $a = \sigma(z)$, and the squared error
# $E = \sum_k (a_k - y_k)^2$. Two gates, one behind the other, so there are two gradients to speak
# of:
#
# $$\frac{\partial E}{\partial a_k} = 2\,(a_k - y_k), \qquad
# \frac{\partial E}{\partial z_k} = 2\,(a_k - y_k)\,\sigma'(z_k), \qquad
# \sigma'(z_k) = a_k(1 - a_k).$$


# %%
def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


one_box = primitive(sigmoid, lambda upstream, z: vjp(sigmoid, z)[1](upstream)[0])


def error_of_one_unit(z, y):
    a = name(one_box(z), "a")
    return name((a - y) ** 2, "E")


trace(lambda z: error_of_one_unit(z, 0.0), 1.0)

# %% [markdown]
# **What to see.** For $z = 1$ and $y = 0$: the gradient in the box of $a$ is $2 \cdot 0.731 =
# 1.462$, and that in the box of $z$ is 0.287, smaller by the slope 0.197. Both of these numbers are
# called δ somewhere. (`primitive` packs the small gates of the sigmoid into one box.)

# %% [markdown]
# **Mind two slips.** The lecture on multi-layer perceptrons calls $\partial E/\partial a$ the δ on
# some slides, and $\partial E/\partial z$ on its last one. Both work, if you keep to one: sections
# 6 and 7 do each. We write `delta_a` and `delta_z`, and plain δ is `delta_z`.
#
# Its slide on the last layer also has $2(y - a)$ for $\partial E/\partial a$. The sign is wrong
# there and right on the later slide. Test it: if $a$ is above $y$ and grows, does $E$ grow?


# %% nbgrader={"grade_id": "output_delta-stub", "solution": true}
def output_delta(z, y):
    """Both deltas of the last layer, for a = sigmoid(z) and E = sum((a - y) ** 2).

    Parameters
    ----------
    z : array, of any shape
        The sums of the output units.
    y : array of the same shape
        What the outputs should be.

    Returns
    -------
    delta_a : array of the same shape
        dE/da.
    delta_z : array of the same shape
        dE/dz.

    Hint: the second is the first times a slope, and the slope is easiest from a.

    >>> delta_a, delta_z = output_delta(np.array([0.0, 0.0]), np.array([1.0, 0.0]))
    >>> delta_a.tolist(), delta_z.tolist()
    ([-1.0, 1.0], [-0.25, 0.25])
    """
    ### BEGIN SOLUTION
    a = 1.0 / (1.0 + np.exp(-z))
    delta_a = 2.0 * (a - y)
    return delta_a, delta_a * a * (1.0 - a)
    ### END SOLUTION


# %% nbgrader={"grade_id": "output_delta", "grade": true}
check(output_delta)

# %% [markdown]
# ## 6. A hidden unit adds up what comes back
#
# Hidden unit $j$ feeds **every** unit $k$ of the next layer. That is a branch: the gradients add.
# With $h_j$ for what unit $j$ puts out, and $z_k$ for the sums of the next layer,
#
# $$\frac{\partial L}{\partial h_j}
# = \sum_k W_{jk}\;\sigma'(z_k)\;\frac{\partial L}{\partial h'_k},$$
#
# where $h'_k = \sigma(z_k)$. Read it from right to left: take what came back to unit $k$, go back
# through its activation, then through the weight from $j$ to $k$. Then add over all $k$.

# %% [markdown]
# This is the convention "δ by $a$": a gradient by an output goes in, a gradient by an output comes
# out. Write it for one example, with plain loops over $j$ and $k$. You should have seen each term
# once before it disappears in a product of matrices.


# %% nbgrader={"grade_id": "hidden_gradient-stub", "solution": true}
def hidden_gradient(upstream, W, z):
    """Gradient of the outputs h of a hidden layer, for one example.

    The next layer computes z = h @ W + b and puts out sigmoid(z).

    Parameters
    ----------
    upstream : array, shape (K,)
        dL/d(output) of each unit in the next layer.
    W : array, shape (J, K)
        W[j, k] leads from hidden unit j to unit k of the next layer.
    z : array, shape (K,)
        The sums of the next layer.

    Returns
    -------
    dh : array, shape (J,)
        dL/dh.

    Hint: start with zeros, and add one term for each pair j, k.

    >>> W = np.array([[2.0, -4.0], [4.0, 0.0]])
    >>> hidden_gradient(np.array([1.0, -1.0]), W, np.array([0.0, 0.0])).tolist()
    [1.5, 1.0]
    """
    ### BEGIN SOLUTION
    J, K = W.shape
    dh = np.zeros(J)
    for j in range(J):
        for k in range(K):
            out = 1.0 / (1.0 + np.exp(-z[k]))
            dh[j] += W[j, k] * out * (1.0 - out) * upstream[k]
    return dh
    ### END SOLUTION


# %% nbgrader={"grade_id": "hidden_gradient", "grade": true}
check(hidden_gradient)

# %% [markdown]
# ## 7. From one δ to the one before
#
# Now the other convention, δ by $z$, and a whole batch. The same two steps, started half a layer
# later: first through the weights, then through the activation of the layer **before**.
#
# $$\delta^{l-1}_j = \sigma'(z^{l-1}_j)\,\sum_k W^l_{jk}\,\delta^l_k$$
#
# The sum over $k$ is a product of matrices, the slope is entry by entry. Which slope is used, that
# of layer $l$ or that of layer $l - 1$, is the whole difference between sections 6 and 7.


# %% nbgrader={"grade_id": "delta_backward-stub", "solution": true}
def delta_backward(delta, W, z_before):
    """The delta of the layer before, dE/dz there, from the delta of this layer.

    Parameters
    ----------
    delta : array, shape (N, K)
        dE/dz of this layer.
    W : array, shape (J, K)
        Weights into this layer.
    z_before : array, shape (N, J)
        The sums of the layer before, whose output sigmoid(z_before) this layer takes in.

    Returns
    -------
    delta_before : array, shape (N, J)

    Hint: play dominoes with the shapes for the first step. The second goes entry by entry.

    >>> W = np.array([[2.0, -4.0], [4.0, 0.0]])
    >>> delta_backward(np.array([[1.0, -1.0]]), W, np.array([[0.0, 0.0]])).tolist()
    [[1.5, 1.0]]
    """
    ### BEGIN SOLUTION
    a = 1.0 / (1.0 + np.exp(-z_before))
    return (delta @ W.T) * a * (1.0 - a)
    ### END SOLUTION


# %% nbgrader={"grade_id": "delta_backward", "grade": true}
check(delta_backward)

# %% [markdown]
# **Look.** Both conventions, for one example and one hidden layer. The two ways meet at the hidden
# layer's $\partial E/\partial z$:

# %%
rng = np.random.default_rng(5)
W1, W2, x0, target = (rng.normal(size=size) for size in [(3, 4), (4, 2), (3,), (2,)])
z1 = x0 @ W1
h1 = 1.0 / (1.0 + np.exp(-z1))
z2 = h1 @ W2
delta_a, delta_z = output_delta(z2, target)

by_a = hidden_gradient(delta_a, W2, z2) * h1 * (1.0 - h1)
by_z = delta_backward(delta_z[np.newaxis], W2, z1[np.newaxis])[0]
print("δ by a, then the slope of this layer:", by_a.round(6))
print("δ by z, one step                    :", by_z.round(6))

# %% [markdown]
# **What to see.** The same numbers. The conventions differ in where they pause, not in what they
# compute. Mixing them, one step of each, applies a slope twice or never.

# %% [markdown]
# ## 8. From δ to the weights
#
# Each δ is found once and saved. What do the weights get? By the chain rule,
#
# $$\frac{\partial C}{\partial w}
# = \frac{\partial z}{\partial w}\cdot\frac{\partial C}{\partial z}.$$
#
# $z$ is a weighted sum, so $\partial z/\partial w$ is simply **the number in front of the weight**:
# what came in. The *forward pass* has computed it. The other factor is δ, and the *backward pass*
# computes it.

# %% [markdown]
# For one example, the gradient of the matrix has $a_j\,\delta_k$ at $[j, k]$. The lecture writes it
# as $\delta\,a^\top$, for its $W$, which is the transpose of ours. Over a batch, the examples add.
# The bias has a 1 in front of it.


# %% nbgrader={"grade_id": "layer_gradients-stub", "solution": true}
def layer_gradients(delta, a_before):
    """Gradients of one layer's parameters.

    Parameters
    ----------
    delta : array, shape (N, K)
        dC/dz of the layer.
    a_before : array, shape (N, J)
        What came into the layer.

    Returns
    -------
    dW : array, shape (J, K)
    db : array, shape (K,)

    Hint: both sum over the N examples; a product of matrices does it for dW.

    >>> delta = np.array([[1.0, 0.0, -1.0], [0.0, 1.0, 1.0]])
    >>> dW, db = layer_gradients(delta, np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> dW.tolist(), db.tolist()
    ([[1.0, 3.0, 2.0], [2.0, 4.0, 2.0]], [1.0, 1.0, 0.0])
    """
    ### BEGIN SOLUTION
    return a_before.T @ delta, delta.sum(axis=0)
    ### END SOLUTION


# %% nbgrader={"grade_id": "layer_gradients", "grade": true}
check(layer_gradients)

# %% [markdown]
# ## 9. The reversed network
#
# There is a picture for the backward pass: **another network, that runs the other way**. Its input
# is δ of the last layer. It has the same units and the same weights, with the arrows turned round.
# In place of the sigmoid, each unit has an *amplifier*, which multiplies what arrives by a fixed
# number, its gain $\sigma'(z)$.
#
# ```text
#                         ┌── × W₁₁ ◄── δ₁ ┐
# δ ◄── × σ′(z) ◄── + ◄───┼── × W₁₂ ◄── δ₂ ├ next layer
#        gain             └── × W₁₃ ◄── δ₃ ┘
# ```

# %% [markdown]
# The gains are fixed, as the forward pass has set them. So the reversed network is *linear*: twice
# the δ at its input, twice the δ everywhere. And it visits each unit once. Forwards, asking every
# unit for its own δ would call the same functions again and again; backwards, these calls have
# become values in a table.

# %% [markdown]
# (A slip in the lecture with this picture: at the end it names the results $\partial C/\partial
# z_1$ and $\partial C/\partial z_3$. The second should be $z_2$, the other unit of the first
# layer.)

# %% [markdown]
# See it run: above, a small network; below, the same units with the arrows turned round. Step with
# → and check one δ by hand before it appears. Then move $x_1$, and look at what changes below.

# %%
ReverseNetwork()

# %% [markdown]
# **What to see.** Each triangle is an amplifier. What arrives there is a sum over the units of the
# next layer, and the gain multiplies it. Moving an input changes the gains and the δ that goes in
# at the right, never the numbers on the lines: the weights are the same in both directions.


# %% nbgrader={"grade_id": "reversed_network-stub", "solution": true}
def reversed_network(delta, weights, gains):
    """Run the reversed network, from the last layer to the first.

    Parameters
    ----------
    delta : array, shape (N, nL)
        Delta of the last layer.
    weights : list of array
        W2, ..., WL, as they are used forward: from layer 1 to 2, and so on.
    gains : list of array
        Slopes of the layers 1, ..., L - 1, each of shape (N, units of the layer).

    Returns
    -------
    list of array
        The deltas of the layers 1, ..., L, in this order. The last one is `delta` itself.

    Hint: go through both lists backwards. `reversed(...)` helps, and so does `zip`.

    >>> W2, gain1 = np.array([[1.0], [-3.0]]), np.array([[0.25, 0.5]])
    >>> for each in reversed_network(np.array([[2.0]]), [W2], [gain1]):
    ...     print(each)
    [[ 0.5 -3. ]]
    [[2.]]
    """
    ### BEGIN SOLUTION
    deltas = [delta]
    for W, gain in zip(reversed(weights), reversed(gains), strict=True):
        deltas.append((deltas[-1] @ W.T) * gain)
    return deltas[::-1]
    ### END SOLUTION


# %% nbgrader={"grade_id": "reversed_network", "grade": true}
check(reversed_network)

# %% [markdown]
# **Look.** Forward pass, reversed network, and the gradient of every weight as the product of what
# came in and δ, against moving one weight a little:

# %%
shapes = [(3, 5), (5, 4), (4, 2)]
params = [(rng.normal(size=shape), rng.normal(size=shape[1])) for shape in shapes]
batch, targets = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))


def squared_error(params):
    return np.sum((forward_pass(batch, params)[-1] - targets) ** 2)


outputs = forward_pass(batch, params)
slopes = [a * (1.0 - a) for a in outputs[1:-1]]
deltas = reversed_network(2.0 * (outputs[-1] - targets), [W for W, _ in params[1:]], slopes)

for layer, (W, _) in enumerate(params, start=1):
    dW, _ = layer_gradients(deltas[layer - 1], outputs[layer - 1])
    place, step = (1, 1), 1e-6
    W[place] += step
    above = squared_error(params)
    W[place] -= 2 * step
    below = squared_error(params)
    W[place] += step
    print(
        f"W{layer}[1, 1]: backward {dW[place]:10.6f}, moved a little"
        f" {(above - below) / (2 * step):10.6f}"
    )

# %% [markdown]
# **What to see.** They agree to the digits that a numerical gradient has. One pass forward and one
# pass back gave all 54 parameters at once, while the numerical one needs two passes for
# each. Derive the gradient, then check it like this: that is how it is done in practice.

# %% [markdown]
# ### In your own words
#
# Answer in six to nine sentences:
#
# 1. An output unit is told what it should put out. Nobody tells a hidden unit. What tells it how to
#    change, and how is that computed?
# 2. What is the difference between a feature that an expert has made by hand and a hidden unit?
# 3. The lecture says that networks deeper than three layers may not help much more. It is some
#    years old. What would you say today, and what made the difference?

# %% [markdown] nbgrader={"grade_id":"explain_hidden_units","grade":true,"solution":true,"points":3}
# ### BEGIN SOLUTION
# A hidden unit has no target, but the loss has a slope with respect to its output: its share of the
# blame. It is computed backwards, as the sum over the units it feeds of weight × their δ, times the
# unit's own slope. So the unit moves to wherever the loss falls, and what it comes to stand for is
# found on the way. A hand-made feature is a fixed function of the input, chosen before training; a
# hidden unit is a function with weights of its own, so training chooses it together with the
# weights that use it (an adaptive basis function). The sentence on depth was an observation about
# fully connected networks of its time. Today networks with tens or hundreds of layers are usual,
# because ReLU, better initialisation, normalisation and residual paths keep the gradient alive on
# the way through them; more data and faster machines did the rest.
#
# **For the grader.** One point for each question. (1) The gradient of the loss, δ, from the units
# behind; "backpropagation" alone is half a point. (2) Fixed and chosen beforehand, against learned
# with the rest. (3) Deep networks are usual today, and at least one reason; "more data" or "GPUs"
# alone is half a point. A mention that the lecture itself excepts convolutional networks is
# welcome.
# ### END SOLUTION

# %% [markdown]
# **Depth, then and now.** The lecture makes two statements. One is mathematics: a single hidden
# layer can express anything, so depth adds no power in principle. The other is an observation *of
# its time*: three layers usually do better than two, and more may not help, other than in
# convolutional networks. Only the first still stands as it was. With the remedies of assignment 06,
# depth became what helps most.

# %% [markdown]
# ## 10. The whole backward pass, with a regulariser
#
# A classifier for real data. The hidden layers have $a = \tanh(z)$, whose slope is $1 - a^2$. The
# last layer gives scores, and the loss is
#
# $$J = L + \lambda\,\Omega, \qquad L = \text{mean cross-entropy}, \qquad
# \Omega = \tfrac12\sum_l \lVert W^l\rVert^2 .$$
#
# $\Omega$, the *regulariser*, grows with the weights (not with the biases). It keeps them small, so
# that the network does not learn its examples by heart. Its gradient by $W$ is $W$, so each weight
# gets $\lambda W$ more.

# %% [markdown]
# The lecture on algorithms gives the whole backward pass with one variable $g$, that is carried
# from the loss to the input. In our notation:
#
# 1. $g \leftarrow \nabla L$ by the scores (here $(p - y)/N$, assignment 04);
# 2. for each layer, from the last to the first:
#    - if it has an activation: $g \leftarrow g \odot f'(z)$;
#    - $\nabla_b J = g$ summed over the examples, plus $\lambda\nabla_b\Omega$, which is 0 here;
#    - $\nabla_W J = a_{\text{before}}^\top\,g + \lambda\nabla_W\Omega$;
#    - $g \leftarrow g\,W^\top$.

# %% [markdown]
# $\odot$ means entry by entry. In one loop, $g$ is first δ by $a$, then δ by $z$, then δ by $a$ of
# the layer before. The loss at the end is given here, so that this section needs no other:


# %%
def cross_entropy(scores, y):
    """Mean cross-entropy of softmax(scores), and its gradient by the scores, with the 1/N in it."""
    N = len(y)
    t = scores - np.max(scores, axis=1, keepdims=True)
    total = np.sum(np.exp(t), axis=1, keepdims=True)
    g = np.exp(t) / total
    g[np.arange(N), y] -= 1.0
    return np.mean(np.log(total[:, 0]) - t[np.arange(N), y]), g / N


# %% nbgrader={"grade_id": "mlp_backward-stub", "solution": true}
def mlp_backward(X, y, params, lam):
    """Loss of a classifier with tanh layers and a regulariser, and its gradients.

    Parameters
    ----------
    X : array, shape (N, n0)
    y : array of int, shape (N,)
        The right class of each example.
    params : list of (W, b)
        One pair for each layer. The hidden layers put out tanh(z), the last one z: the scores.
    lam : float
        Factor of the regulariser, half the sum of the squares of all weights.

    Returns
    -------
    loss : float
        Mean cross-entropy plus lam times the regulariser.
    gradients : list of (dW, db)
        In the order of the layers, with the regulariser's part.

    Hint: a loop forward that keeps every a, then `cross_entropy`, then a loop backward over the
    layers. Insert each pair at the front of the list: `gradients.insert(0, (dW, db))`.

    >>> params = [(np.array([[1.0, 0.0]]), np.zeros(2)), (np.zeros((2, 2)), np.zeros(2))]
    >>> loss, gradients = mlp_backward(np.zeros((2, 1)), np.array([0, 1]), params, 0.1)
    >>> round(float(loss), 6), gradients[0][0].tolist()
    (0.743147, [[0.1, 0.0]])
    """
    ### BEGIN SOLUTION
    kept = [X]
    for W, b in params[:-1]:
        kept.append(np.tanh(kept[-1] @ W + b))
    W, b = params[-1]
    loss, g = cross_entropy(kept[-1] @ W + b, y)
    loss += lam * sum(np.sum(W**2) for W, _ in params) / 2

    gradients = []
    for layer in range(len(params) - 1, -1, -1):
        W, _ = params[layer]
        if layer < len(params) - 1:
            g = g * (1.0 - kept[layer + 1] ** 2)
        gradients.insert(0, (kept[layer].T @ g + lam * W, g.sum(axis=0)))
        g = g @ W.T
    return loss, gradients
    ### END SOLUTION


# %% nbgrader={"grade_id": "mlp_backward", "grade": true}
check(mlp_backward)

# %% [markdown]
# ## 11. Mini-batches
#
# Backpropagation has found the gradients. *Using* them is another job. Gradient descent on all
# examples at once takes one step for one pass over the data. **Mini-batch** gradient descent cuts
# the data into batches of 32 examples or so, and takes a step for each. Each step sees a rough
# gradient, but there are many more of them. One pass over all batches is an *epoch*. For every
# epoch, the examples come in a new random order.


# %% nbgrader={"grade_id": "sgd-stub", "solution": true}
def sgd(params, gradient, X, y, order, batch_size, rate):
    """One epoch of mini-batch gradient descent.

    Parameters
    ----------
    params : list of array
        Left as they are: return new ones.
    gradient : function
        gradient(params, X_batch, y_batch) returns a list with an array for each parameter: the
        gradient of the mean loss over the batch.
    X, y : array
        Examples and labels, N of each along the first axis.
    order : array of int, shape (N,)
        The order in which the examples come: the first batch is order[:batch_size], and so on.
    batch_size : int
        The last batch may be smaller.
    rate : float
        The learning rate.

    Returns
    -------
    list of array
        The parameters after the last step.

    Hint: `range(0, N, batch_size)` gives where each batch starts, and `X[indices]` picks rows.

    >>> X, y = np.ones((3, 1)), np.array([1.0, 2.0, 4.0])
    >>> def gradient(params, X_batch, y_batch):
    ...     return [np.array([np.mean(params[0] - y_batch)])]
    >>> [w] = sgd([np.array([0.0])], gradient, X, y, np.array([2, 0, 1]), 2, 0.5)
    >>> w.tolist()
    [1.625]
    """
    ### BEGIN SOLUTION
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        steps = gradient(params, X[batch], y[batch])
        params = [old - rate * step for old, step in zip(params, steps, strict=True)]
    return params
    ### END SOLUTION


# %% nbgrader={"grade_id": "sgd", "grade": true}
check(sgd)

# %% [markdown]
# ## 12. All of it together
#
# Handwritten digits: 1437 to learn from, 360 to test on, 64 pixels each (`course/data/README.md`
# says where they come from). One hidden layer with 32 units. The gradients are your `mlp_backward`,
# the steps are your `sgd`. Training takes a second or so.


# %%
def pairs(flat):
    return list(zip(flat[::2], flat[1::2], strict=True))


def gradient(flat, X, y):
    _, gradients = mlp_backward(X, y, pairs(flat), lam=1e-3)
    return [array for pair in gradients for array in pair]


def accuracy(flat, X, y):
    a = X
    for W, b in pairs(flat)[:-1]:
        a = np.tanh(a @ W + b)
    W, b = pairs(flat)[-1]
    return np.mean(np.argmax(a @ W + b, axis=1) == y)


# %% [markdown]
# The weights start small and random. If all were equal, all hidden units would get the same
# gradient, and stay equal for ever. How small is the subject of assignment 06.

# %%
(train_images, train_labels), (test_images, test_labels) = digits_split()
rng = np.random.default_rng(0)
hidden = 32
flat = [
    rng.normal(size=(64, hidden)) / np.sqrt(64),
    np.zeros(hidden),
    rng.normal(size=(hidden, 10)) / np.sqrt(hidden),
    np.zeros(10),
]
start_weights = flat[0]


def both_accuracies():
    return [
        accuracy(flat, *examples)
        for examples in ((train_images, train_labels), (test_images, test_labels))
    ]


start, history = perf_counter(), [both_accuracies()]
for epoch in range(1, 41):
    order = rng.permutation(len(train_labels))
    flat = sgd(flat, gradient, train_images, train_labels, order, batch_size=32, rate=0.3)
    history.append(both_accuracies())
    if epoch % 10 == 0:
        known, new = history[-1]
        print(f"epoch {epoch}: training digits {100 * known:.1f} %, test digits {100 * new:.1f} %")
seconds = perf_counter() - start
test_accuracy = history[-1][1]
print(f"{seconds:.1f} seconds; {100 * test_accuracy:.1f} % of the test digits are right")

# %% [markdown]
# How many were still wrong after each epoch?

# %%
figure, axes = plt.subplots(figsize=(5.5, 2.8))
axes.plot(100 * (1 - np.array(history)), label=["training digits", "test digits"])
axes.set_ylim(0, 12)
axes.set_xlabel("epoch")
axes.set_ylabel("wrong, in %")
axes.legend()
plots.show(figure, alt="Wrong over epochs: both fall; that of the test digits stays above.")

# %% [markdown]
# **What to see.** After ten epochs, more than 95 % of the test digits are right. Then the two lines
# part. The network comes to know its training digits almost by heart, and on new ones it keeps
# making a few mistakes. What counts is the upper line. It jumps about, since one digit more or less
# of 360 is 0.3 %. (The same thirteen people wrote both parts; new hands would be harder.)

# %% [markdown]
# What did the hidden units become? Each has one weight for each pixel, so it is a picture too. Here
# are the ten with the largest weights, as they started and as they are now:

# %%
limit = np.abs(flat[0]).max()
largest = np.argsort(-np.linalg.norm(flat[0], axis=0))[:10]

figure, axes = plt.subplots(2, 10, figsize=(9, 2.3))
for column, unit in enumerate(largest):
    for row, weights in enumerate((start_weights, flat[0])):
        panel = axes[row, column]
        panel.imshow(weights[:, unit].reshape(8, 8), cmap="RdBu", vmin=-limit, vmax=limit)
        panel.set_xticks([])
        panel.set_yticks([])
axes[0, 0].set_ylabel("before")
axes[1, 0].set_ylabel("after")
plots.show(figure, alt="Ten units as pictures: noise before, blue and red spots after.")

# %% [markdown]
# **What to see.** Noise above; below, blue spots beside red ones. Such a unit asks: is there ink
# here, and none there? Some answers are easy to read, such as a stroke to the left of a gap, others
# are not. Nobody asked for any of them. They came from δ, step by step, because each made the loss
# a little smaller. The single layer of assignment 04 could only compare with one picture of a whole
# digit; here ten classes share 32 questions.

# %% [markdown]
# ## Recap
#
# - Step units: lines, then polygons (*and*), then anything (*or*). But steps have no slope.
# - $z^l = a^{l-1}W^l + b^l$, $a^l = f(z^l)$: keep every $a^l$.
# - $\delta^{l-1} = (\delta^l W^{l\top}) \odot f'(z^{l-1})$: one δ for each unit, saved.
# - $dW^l = a^{l-1\top}\delta^l + \lambda W^l$: what came in, times δ.
# - The backward pass is a linear network that runs the other way.
# - Backpropagation finds gradients. Mini-batch descent uses them.

# %% [markdown]
# ### What the lectures said
#
# Regions, bias units, the δ recursion and the backward error are in the lecture on multi-layer
# perceptrons; the sum over the next layer's neurons in that on computational graphs; the reversed
# network in the one on gradient descent; the pass with $g$ and the regulariser in the one on
# algorithms; mini-batches in that on vectorised gradients.

# %% [markdown]
# **Slips to know.** δ is $\partial E/\partial a$ on some slides and $\partial E/\partial z$ on the
# last (section 5). The last layer's slide has the sign of $2(a - y)$ the wrong way round (section
# 5). A $z_3$ should be $z_2$ in the text on the reversed network (section 9). The advice on depth
# is of its time. And the lecture on algorithms says that the backward pass updates the parameters.
# It does not: in section 12 that is `sgd`, a different function.
