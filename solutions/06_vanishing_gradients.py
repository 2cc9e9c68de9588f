# %% [markdown]
# # 06 Vanishing gradients
#
# On its way back through a deep network, a gradient is multiplied once in every layer. Multiply
# often by a number below 1, and nothing is left. Multiply often by a number above 1, and it
# explodes. This notebook measures both, and then repairs them.

# %% [markdown]
# When you are done, you will be able to
#
# - write the gradient of every weight in a deep chain as a product, and bound it;
# - measure where in a network the gradient vanishes or explodes;
# - choose a unit (ReLU) and a size for the first weights (Xavier, He) with a reason;
# - write the backward step of a residual block and of batch normalisation;
# - clip gradients without turning them.

# %% [markdown]
# As before: cells that end in `raise NotImplementedError()` are yours, and the `check(...)` below
# each says what is right. The sections do not need each other, except the last. A cell that uses
# a stub you have not written stops there, and that does no harm. Plan for one to two hours.

# %%
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np

from course import check, plots
from course.autodiff import trace, value_and_grad, vjp
from course.widgets import GradientFlow, NeuronChain

# %% [markdown]
# ## The long way
#
# Here is a task that a small network learns in a second: which points lie outside a circle? We
# stack sigmoid layers, ask the course's engine for the gradients, and train. Once with two layers,
# once with ten. Everything else is the same.


# %%
def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


rng = np.random.default_rng(0)
points = rng.normal(size=(200, 2))
outside = (np.sum(points**2, axis=1, keepdims=True) > 1.4).astype(float)


def plain_loss(weights):
    h = points
    for W, b in weights:
        h = sigmoid(h @ W + b)
    return np.mean((h - outside) ** 2)


def plain_network(depth, seed):
    rng = np.random.default_rng(seed)
    widths = [2] + [8] * (depth - 1) + [1]
    pairs = pairwise(widths)
    return [(rng.normal(size=pair), np.zeros(pair[1])) for pair in pairs]


for depth in (2, 10):
    weights = plain_network(depth, seed=1)
    for step in range(401):
        loss, gradient = value_and_grad(plain_loss)(weights)
        if step % 200 == 0:
            first = np.linalg.norm(gradient[0][0])
            print(f"{depth:2d} layers, step {step:3d}: loss {loss:.4f}, first layer {first:.1e}")
        weights = [
            (W - 5.0 * dW, b - 5.0 * db) for (W, b), (dW, db) in zip(weights, gradient, strict=True)
        ]

# %% [markdown]
# **What to see.** Two layers learn. Ten layers stand still at a loss of about 0.25, as good as no
# opinion. The last column is the size of the first layer's gradient. In the deep network it starts
# two hundred times smaller. The program is right, the gradients are exact. They are only too
# small to do anything.

# %% [markdown]
# ## The idea: a product along the way
#
# One neuron a layer is enough to see why. The value goes from left to right, the gradient from
# right to left:
#
# ```text
#  x ─►(×w1)─► σ ─► h1 ─►(×w2)─► σ ─► h2 ─► … ─► h5 ─► L
#    ◄┄ w1·σ′(z1) ┄    ◄┄ w2·σ′(z2) ┄    ◄┄ … ◄┄ dL/dh5
# ```
#
# Layer $i$ computes $z_i = w_i h_{i-1}$ and $h_i = \sigma(z_i)$, with $h_0 = x$. It has one factor,
# and the gradient is multiplied by it on the way through:
#
# $$\frac{\partial h_i}{\partial h_{i-1}} = w_i\,\sigma'(z_i).$$

# %%
trace(lambda x, w1, w2: np.tanh(w2 * np.tanh(w1 * x)), 1.0, 0.8, 0.9, upstream=1.0)

# %% [markdown]
# **What to see.** Two layers, drawn with tanh because that is a single box. Start at the right
# with 1 and go left. Each tanh has a number below 1 on its line, and each weight here is below 1
# too. So the gradient shrinks four times before it reaches $x$. Ten layers would be twenty boxes.

# %% [markdown]
# ## 1. One factor a layer
#
# The slope of the sigmoid comes from its output: $\sigma' = h\,(1 - h)$. It is largest at $z = 0$,
# where $h = 0.5$ and the slope is 0.25, and smaller everywhere else. So with weights of at most 1,
# **every layer multiplies the gradient by at most one quarter**.

# %%
for layers in (1, 5, 10, 20):
    print(f"{layers:2d} layers: at most 0.25^{layers} = {0.25**layers:.1e}")

# %% [markdown]
# **What to see.** Five layers leave less than a thousandth of the gradient, ten less than a
# millionth. That is the best case: it needs every $z$ to be 0 and every weight to be 1.


# %% nbgrader={"grade_id": "local_factors-stub", "solution": true}
def local_factors(w, x):
    """The factor of each layer in a chain of sigmoid neurons.

    Layer i computes h_i = sigmoid(w_i * h_{i-1}), and h_0 is x.

    Parameters
    ----------
    w : array, shape (n,)
        One weight a layer; the first one meets x.
    x : float
        What goes in.

    Returns
    -------
    factors : array, shape (n,)
        dh_i/dh_{i-1} for each layer, first layer first. Not multiplied up.

    Hint: go forward with a loop. When you have a layer's output, you have its slope.

    >>> local_factors(np.array([1.0, -2.0]), 0.0).round(4)
    array([ 0.25  , -0.3932])
    """
    ### BEGIN SOLUTION
    factors = np.zeros(len(w))
    h = x
    for i, weight in enumerate(w):
        h = sigmoid(weight * h)
        factors[i] = weight * h * (1.0 - h)
    return factors
    ### END SOLUTION


# %% nbgrader={"grade_id": "local_factors", "grade": true}
check(local_factors)

# %% [markdown]
# **Look.** The factors of a chain of ten layers, for weights of several sizes:

# %%
for weight in (1.0, 2.0, 4.0, 8.0):
    factors = local_factors(np.full(10, weight), 1.0)
    print(f"w = {weight:.0f}: middle factor {factors[4]:.4f}, product {np.prod(factors):.1e}")

# %% [markdown]
# **What to see.** Larger weights do not help for long. At $w = 2$ the factor is a little larger
# than at 1. At $w = 8$ it is more than eighty times smaller. A large weight pushes $z$ away from
# 0, to where the sigmoid is flat. It *saturates*: the slope falls faster than the weight grows.

# %% [markdown]
# ## 2. Five layers, one neuron each
#
# Now the gradients that training needs. The loss is $L = (h_n - y)^2$. To get from $L$ to $w_i$, go
# back through all the layers behind layer $i$, then through the sigmoid of layer $i$ itself, and
# there $w_i$ is multiplied by $h_{i-1}$:
#
# $$\frac{\partial L}{\partial w_i} = \underbrace{2\,(h_n - y)}_{\text{loss}}
# \;\underbrace{\prod_{k=i+1}^{n} w_k\,\sigma'(z_k)}_{\text{layers behind it}}
# \;\underbrace{\sigma'(z_i)\,h_{i-1}}_{\text{layer } i}$$

# %% [markdown]
# For five layers, the last weight and the first one:
#
# $$\frac{\partial L}{\partial w_5} = 2(h_5 - y)\,\sigma'(z_5)\,h_4$$
#
# $$\frac{\partial L}{\partial w_1} = 2(h_5 - y)\,w_5\sigma'(z_5)\,w_4\sigma'(z_4)\,
# w_3\sigma'(z_3)\,w_2\sigma'(z_2)\;\sigma'(z_1)\,x$$
#
# $w_5$ has one slope, $w_1$ has five. With weights of at most 1, that is a factor of at most
# $0.25^5 = 9.8 \cdot 10^{-4}$.

# %% [markdown]
# Do not compute each product from its beginning. Go back once, from the right, and carry along
# what has come together so far. All gradients then cost one pass.


# %% nbgrader={"grade_id": "chain_gradients-stub", "solution": true}
def chain_gradients(w, x, y):
    """Gradients of L = (h_n - y)^2 by every weight of a chain of sigmoid neurons.

    Parameters
    ----------
    w : array, shape (n,)
        One weight a layer: h_i = sigmoid(w_i * h_{i-1}), and h_0 is x.
    x, y : float
        What goes in, and what should come out.

    Returns
    -------
    dw : array, shape (n,)
        dL/dw_i, first layer first.

    Hint: keep all h in a list. Then go from the last layer to the first with one running number,
    dL/dh of the layer you are at.

    >>> chain_gradients(np.ones(5), 1.0, 0.0).round(6)
    array([0.000641, 0.002383, 0.010032, 0.044051, 0.195439])
    """
    ### BEGIN SOLUTION
    h = [x]
    for weight in w:
        h.append(sigmoid(weight * h[-1]))

    dw = np.zeros(len(w))
    dh = 2.0 * (h[-1] - y)
    for i in reversed(range(len(w))):
        dz = dh * h[i + 1] * (1.0 - h[i + 1])
        dw[i] = dz * h[i]
        dh = dz * w[i]
    return dw
    ### END SOLUTION


# %% nbgrader={"grade_id": "chain_gradients", "grade": true}
check(chain_gradients)

# %% [markdown]
# **Look.** The gradient of every weight, in chains of 5, 10 and 20 layers with weights of 1:

# %%
figure, axes = plt.subplots(figsize=(6, 3))
for layers in (5, 10, 20):
    gradients = np.abs(chain_gradients(np.ones(layers), 1.0, 0.0))
    axes.semilogy(range(1, layers + 1), gradients, "o-", label=f"{layers} layers")
axes.set_xticks([1, 5, 10, 15, 20])
axes.set_xlabel("layer")
axes.set_ylabel("|dL/dw|")
axes.legend()
plots.show(figure, alt="Straight lines fall towards the first layer; 20 layers fall deepest.")

# %% [markdown]
# **What to see.** The scale is logarithmic, so a straight line is a constant factor from layer to
# layer: a little less than a quarter. The last layer learns as well in the deep chain as in the
# shallow one. The first layer of 20 gets $10^{-13}$. It will never move, and the layers behind it
# must do with whatever it happened to compute at the start.

# %% [markdown]
# ### The chain, step by step
#
# Here are the five neurons, with the weights of the example above. Press **Next** or the → key:
# values first, then the gradients, each written out as its product. Then move the weight. Which
# weight gives the first layer the largest gradient?

# %%
NeuronChain(layers=5, weight=1.0, x=1.0, y=0.0)

# %% [markdown]
# **What to see.** Every step back makes the product longer by one factor, the number below the
# dashed line. With a weight of 1 each is below a quarter. Move the weight to 8, and the factors
# hardly reach 0.003: the units are saturated. Move $x$, and little changes, except for the first
# factor.

# %% [markdown]
# ## 3. Any depth: shrink or explode
#
# Real layers are matrices. Take $h_l = \tanh(h_{l-1}W_l)$, one example a row. The step back through
# one layer is
#
# $$dz = dh_l \odot (1 - h_l^2), \qquad dW_l = h_{l-1}^\top\,dz, \qquad dh_{l-1} = dz\,W_l^\top.$$
#
# The factor of the chain has become a matrix, $W_l^\top$, and a slope for every unit. What it does
# to the *size* of a gradient depends on the size of the weights.

# %% [markdown]
# To see sizes, take the **norm**: the root of the sum of the squares of all entries,
# `np.linalg.norm(dW)`. Write the function that measures a network. It is the tool for the rest of
# the notebook, and the first thing to look at when a network does not learn.


# %% nbgrader={"grade_id": "gradient_norms-stub", "solution": true}
def gradient_norms(x, weights, upstream):
    """Norm of the gradient of every weight matrix in a tanh network.

    Parameters
    ----------
    x : array, shape (N, d0)
        N examples; h_0 = x and h_l = tanh(h_{l-1} @ weights[l-1]).
    weights : list of n arrays, shapes (d0, d1), (d1, d2), ...
        The widths may differ.
    upstream : array, shape (N, dn)
        dL/dh_n, the gradient of the last layer's output.

    Returns
    -------
    norms : array, shape (n,)
        np.linalg.norm(dL/dW) of every matrix, first layer first.

    Hint: the slope of tanh comes from its output. Keep every output on the way forward.

    >>> one = np.array([[1.0]])
    >>> gradient_norms(one, [0.5 * one, 2.0 * one], one).round(4)
    array([0.7395, 0.2173])
    """
    ### BEGIN SOLUTION
    h = [x]
    for W in weights:
        h.append(np.tanh(h[-1] @ W))

    norms = np.zeros(len(weights))
    dh = upstream
    for i in reversed(range(len(weights))):
        dz = dh * (1.0 - h[i + 1] ** 2)
        norms[i] = np.linalg.norm(h[i].T @ dz)
        dh = dz @ weights[i].T
    return norms
    ### END SOLUTION


# %% nbgrader={"grade_id": "gradient_norms", "grade": true}
check(gradient_norms)

# %% [markdown]
# **Look.** How large is the first layer's gradient, in networks of 1 to 30 layers? The weights are
# normal numbers with standard deviation $s/\sqrt{64}$, where 64 is the width.

# %%
rng = np.random.default_rng(3)
examples, upstream = rng.normal(size=(20, 64)), rng.normal(size=(20, 64))
thirty = [rng.normal(size=(64, 64)) / 8.0 for _ in range(30)]

figure, axes = plt.subplots(figsize=(6, 3))
for s in (0.5, 1.0, 4.0):
    firsts = [
        gradient_norms(examples, [s * W for W in thirty[:depth]], upstream)[0]
        for depth in range(1, 31)
    ]
    axes.semilogy(range(1, 31), firsts, label=f"s = {s}")
axes.set_xlabel("layers in the network")
axes.set_ylabel("norm of the first dW")
axes.legend()
plots.show(figure, alt="Three straight lines over depth: one falls, one stays, one rises.")

# %% [markdown]
# **What to see.** Three straight lines: three constant factors. With small weights, each layer
# halves the gradient, and after 30 layers a billionth is left. With large weights it **explodes**.
# In between there is a size at which it neither shrinks nor grows much. Sections 5 and 6 say which
# size that is, so that nobody has to search.

# %% [markdown]
# ### In your own words
#
# A friend says: "The slope of the sigmoid is at most 0.25. So I take weights of 4. Then every
# factor is 4 × 0.25 = 1, and nothing vanishes." Answer in four to six sentences:
#
# 1. For which values of $z$ would the friend be right?
# 2. What happens at the others? Use numbers from section 1.
# 3. Name one change to the network that really keeps the factor near 1, and say why it does.

# %% [markdown] nbgrader={"grade_id":"explain_saturation","grade":true,"solution":true,"points":3}
# ### BEGIN SOLUTION
# The slope is 0.25 only at z = 0, where h = 0.5. But with a weight of 4 and an input of about 0.5
# to 1, z is about 2 to 4, far from 0, and there the sigmoid is nearly flat. Section 1 shows it: at
# w = 4 the factor is about 0.076, so ten layers leave 6e-12, less than with w = 1. A larger weight
# makes it worse, since the slope falls faster than the weight grows. A ReLU has a slope of exactly
# 1 wherever it is on, so its factor is the weight alone; or a residual path, which adds a factor of
# 1 beside the layer, whatever the layer does.
#
# **For the grader.** One point for each question. (1) z = 0 (or near it). (2) Saturation: the slope
# falls when z moves away from 0; a number for the factor or the product that section 1 prints, or
# one computed by the student; "it explodes" is wrong here. (3) Any of ReLU, initialisation,
# residual path, normalisation, with the reason; a name without a reason is half a point.
# ### END SOLUTION

# %% [markdown]
# ## 4. A unit that does not saturate: ReLU and its leak
#
# The rectified linear unit hands on what is above 0 and cuts off what is below:
# $\max(0, z)$. Its slope is **exactly 1** wherever it is on, so it does not shrink the gradient,
# however many of them stand in a row. Where it is off, the slope is 0, and no gradient gets
# through at all.

# %% [markdown]
# A unit that is off for every example gets no gradient, so it never comes back: it is *dead*. The
# **leaky** ReLU leaves a small slope there, called the leak:
#
# $$r(x) = \begin{cases} x & x > 0\\ \text{leak} \cdot x & x \le 0 \end{cases}$$
#
# With a leak of 0 it is the plain ReLU. At exactly 0 there is no derivative; either slope is
# accepted.

# %%
z = np.linspace(-4, 4, 401)
h = sigmoid(z)

figure, axes = plt.subplots(figsize=(6, 3))
axes.plot(z, h * (1 - h), label="sigmoid")
axes.plot(z, 1 - np.tanh(z) ** 2, "--", label="tanh")
axes.plot(z, np.where(z > 0, 1.0, 0.1), ":", label="leaky ReLU, leak 0.1")
axes.set_xlabel("z")
axes.set_ylabel("slope")
axes.legend()
plots.show(figure, alt="Three slopes: a low hill, a hill of height 1, a step from 0.1 to 1.")

# %% [markdown]
# **What to see.** These are slopes, not values. The sigmoid's never gets above 0.25. That of tanh
# reaches 1, but only at 0. The ReLU's is 1 on the whole right side. That is the reason why deep
# networks use it.


# %% nbgrader={"grade_id": "leaky_relu_backward-stub", "solution": true}
def leaky_relu_backward(x, leak, upstream):
    """Gradient of the leaky ReLU: x where x > 0, leak * x elsewhere. Entry by entry for arrays.

    Parameters
    ----------
    x : float, or array
        What went into the unit.
    leak : float
        Slope on the left, 0 or a little more. It does not learn, so it needs no gradient.
    upstream : float, or array of x's shape
        dL/dr.

    Returns
    -------
    dx : float, or array of x's shape
        dL/dx.

    Hint: `np.where(condition, a, b)` chooses for every entry by itself. The condition asks about x.

    >>> float(leaky_relu_backward(-3.0, 0.1, 2.0))
    0.2
    """
    ### BEGIN SOLUTION
    return upstream * np.where(x > 0, 1.0, leak)
    ### END SOLUTION


# %% nbgrader={"grade_id": "leaky_relu_backward", "grade": true}
check(leaky_relu_backward)

# %% [markdown]
# **Look.** Now we can compare units. `gradient_along` runs any layer function through a stack of
# weights, then goes back with the engine's `vjp`, and notes the norm of the gradient at every
# layer's input. The sections below use it again.


# %%
def gradient_along(layer, weights, x, upstream):
    pullbacks = []
    for W in weights:
        x, pullback = vjp(layer, x, W)
        pullbacks.append(pullback)
    norms = []
    for pullback in reversed(pullbacks):
        upstream, _ = pullback(upstream)
        norms.append(np.linalg.norm(upstream))
    return norms[::-1]


def plot_along(lines, alt):
    figure, axes = plt.subplots(figsize=(6, 3))
    for (label, norms), style in zip(lines.items(), ("-", "--", "-.", ":"), strict=False):
        axes.semilogy(range(1, len(norms) + 1), norms, style, label=label)
    axes.set_xlabel("layer")
    axes.set_ylabel("norm of the gradient")
    axes.legend()
    plots.show(figure, alt)


layers = {
    "sigmoid": lambda h, W: sigmoid(h @ W),
    "tanh": lambda h, W: np.tanh(h @ W),
    "ReLU": lambda h, W: np.maximum(h @ W, 0.0),
}

# %% [markdown]
# The 30 matrices of section 3, a little larger, with three kinds of unit:

# %%
lines = {
    label: gradient_along(layer, [1.4 * W for W in thirty], examples, upstream)
    for label, layer in layers.items()
}
plot_along(lines, alt="Through sigmoids the gradient falls by powers of ten, hardly through ReLUs.")

# %% [markdown]
# **What to see.** Read it from right to left, as the gradient travels. Three kinds of unit, the
# same 30 matrices. Through sigmoids the gradient falls by a factor at every layer, down to almost
# nothing. Through ReLUs its size stays nearly the same. (The 1.4 is no accident: see section 6.)

# %% [markdown]
# ## 5. Start at the right size: Xavier
#
# Which size of weights keeps the gradient's size? Look at one output unit: it adds up `fan_in`
# products $h_i w_i$. If the $h_i$ are independent with variance $v$, and the weights have mean 0
# and variance $s^2$, the sum has variance $\text{fan\_in} \cdot s^2 \cdot v$. To keep $v$, take
# $s^2 = 1/\text{fan\_in}$.

# %% [markdown]
# On the way back, one input unit adds up `fan_out` products, so the gradient wants $s^2 =
# 1/\text{fan\_out}$. Both at once is only possible in a square matrix. Glorot (whose first name is
# Xavier) and Bengio proposed to take the mean of the two:
#
# $$s^2 = \frac{1}{(\text{fan\_in} + \text{fan\_out})/2} = \frac{2}{\text{fan\_in} +
# \text{fan\_out}}$$
#
# $s^2$ is the **variance**. What you multiply standard normal numbers by is its root, the standard
# deviation $s$. (Some libraries call $1/\text{fan\_in}$ Xavier too. Here it is the mean.)


# %% nbgrader={"grade_id": "xavier-stub", "solution": true}
def xavier(fan_in, fan_out, seed):
    """Random weights of the right size for tanh layers, by Xavier's rule.

    Parameters
    ----------
    fan_in, fan_out : int
        Units before and behind the weights.
    seed : int
        The same seed gives the same weights, another seed gives others.

    Returns
    -------
    W : array, shape (fan_in, fan_out)
        Random numbers with mean 0 and variance 2 / (fan_in + fan_out).

    Hint: `np.random.default_rng(seed).normal(size=shape)` has standard deviation 1.

    >>> W = xavier(300, 100, 0)
    >>> W.shape, round(float(W.std()), 2)
    ((300, 100), 0.07)
    """
    ### BEGIN SOLUTION
    numbers = np.random.default_rng(seed).normal(size=(fan_in, fan_out))
    return numbers * np.sqrt(2.0 / (fan_in + fan_out))
    ### END SOLUTION


# %% nbgrader={"grade_id": "xavier", "grade": true}
check(xavier)

# %% [markdown]
# The check measures your numbers: their shape, mean and standard deviation, and whether the seed
# does what it should. Normal or uniform numbers are both fine.
#
# **Look.** 30 tanh layers that become narrower and wider again, with three ways to begin:

# %%
widths = [64, 128, 64, 32] * 7 + [64, 128, 64]
shapes = list(pairwise(widths))
rng = np.random.default_rng(5)
start, end = rng.normal(size=(20, 64)), rng.normal(size=(20, 64))

starts = {
    "all 0.05": [0.05 * rng.normal(size=shape) for shape in shapes],
    "all 0.3": [0.3 * rng.normal(size=shape) for shape in shapes],
    "Xavier": [xavier(*shape, seed) for seed, shape in enumerate(shapes)],
}
lines = {
    label: gradient_along(layers["tanh"], weights, start, end) for label, weights in starts.items()
}
plot_along(lines, alt="Towards layer 1, Xavier's line stays in its size; the others do not.")

# %% [markdown]
# **What to see.** One size for all matrices is too small or too large, and either way it is off by
# many powers of ten at the first layer. Xavier's rule looks at each matrix and stays within a
# factor of about ten or twenty, over 30 layers and four widths.

# %% [markdown]
# ## 6. Start at the right size: He
#
# The argument above takes a unit that hands its input on nearly unchanged, as tanh does near 0. A
# ReLU cuts off half of the values. On average, half of the sum of squares is lost in every layer.
# He and others therefore double the variance:
#
# $$s^2 = \frac{2}{\text{fan\_in}}$$
#
# So the 1.4 in the picture of section 4 was $\sqrt 2$.


# %% nbgrader={"grade_id": "he-stub", "solution": true}
def he(fan_in, fan_out, seed):
    """Random weights of the right size for ReLU layers, by He's rule.

    Parameters
    ----------
    fan_in, fan_out : int
        Units before and behind the weights.
    seed : int
        The same seed gives the same weights, another seed gives others.

    Returns
    -------
    W : array, shape (fan_in, fan_out)
        Random numbers with mean 0 and variance 2 / fan_in.

    Hint: only the scale differs from Xavier's rule.

    >>> W = he(200, 100, 0)
    >>> W.shape, round(float(W.std()), 2)
    ((200, 100), 0.1)
    """
    ### BEGIN SOLUTION
    return np.random.default_rng(seed).normal(size=(fan_in, fan_out)) * np.sqrt(2.0 / fan_in)
    ### END SOLUTION


# %% nbgrader={"grade_id": "he", "grade": true}
check(he)

# %% [markdown]
# **Look.** The same start for ReLU layers, once by each of the two rules:

# %%
starts = {
    "Xavier": [np.random.default_rng(i).normal(size=(64, 64)) / 8.0 for i in range(30)],
    "He": [he(64, 64, seed) for seed in range(30)],
}
lines = {
    label: gradient_along(layers["ReLU"], weights, start, end) for label, weights in starts.items()
}
plot_along(lines, alt="Towards layer 1, Xavier's line falls; He's is nearly level.")

# %% [markdown]
# **What to see.** 30 ReLU layers, 64 units each. With Xavier's rule the gradient loses a factor of
# $\sqrt2$ in every layer, and $\sqrt2^{30}$ is about 33,000. With the 2 in the right place the
# line is nearly level. A factor that looks harmless in one layer is not harmless in thirty.

# %% [markdown]
# ## 7. A way around: residual paths
#
# A residual block adds its input to what it computes:
#
# $$r = x + \tanh(x\,W_1)\,W_2$$
#
# On the way back, $x$ gets gradients along two paths, and **they add** (assignment 03). One comes
# through the block, whatever that does to it. The other comes straight from upstream, with a local
# gradient of 1.

# %%
trace(lambda x, w1, w2: x + np.tanh(x * w1) * w2, 1.0, 0.5, 0.1, upstream=1.0)

# %% [markdown]
# **What to see.** The same block with numbers for matrices. Follow the line from $x$ straight to
# the add gate: there, the gradient of 1 comes back as it is. What comes through the block is small,
# because $w_2$ is small. Without the way around, that small part would be all.

# %% [markdown]
# Write the step back. With $z = xW_1$ and $t = \tanh(z)$, the pieces are those of section 3: the
# gradient of a matrix is what went in, transposed, times what came back; and what goes further back
# is what came back times the matrix, transposed.


# %% nbgrader={"grade_id": "residual_backward-stub", "solution": true}
def residual_backward(x, W1, W2, upstream):
    """Gradients of the residual block r = x + tanh(x @ W1) @ W2.

    Parameters
    ----------
    x : array, shape (N, d)
        What went into the block, one example a row.
    W1 : array, shape (d, m)
    W2 : array, shape (m, d)
    upstream : array, shape (N, d)
        dL/dr.

    Returns
    -------
    dx, dW1, dW2 : arrays of the shapes of x, W1, W2

    Hint: do the block first, as if there were no way around. Then ask what x gets besides.

    >>> x, W1, W2 = np.array([[1.0, -1.0]]), np.array([[0.5], [0.5]]), np.array([[1.0, 2.0]])
    >>> dx, dW1, dW2 = residual_backward(x, W1, W2, np.array([[1.0, 3.0]]))
    >>> dx
    array([[4.5, 6.5]])
    """
    ### BEGIN SOLUTION
    t = np.tanh(x @ W1)
    dt = upstream @ W2.T
    dz = dt * (1.0 - t**2)
    dx = upstream + dz @ W1.T
    return dx, x.T @ dz, t.T @ upstream
    ### END SOLUTION


# %% nbgrader={"grade_id": "residual_backward", "grade": true}
check(residual_backward)

# %% [markdown]
# **Look.** The 30 matrices of section 3, at half the size, with and without the way around:

# %%
half = [0.5 * W for W in thirty]
lines = {
    "plain": gradient_along(layers["tanh"], half, examples, upstream),
    "residual": gradient_along(lambda h, W: h + np.tanh(h @ W) @ W.T, half, examples, upstream),
}
plot_along(lines, alt="Towards layer 1, the plain line falls and the residual one rises.")

# %% [markdown]
# **What to see.** Weights that are too small, as in section 3. The plain stack loses the gradient.
# With the way around it arrives at the first layer: it even grows, since every block adds
# something. That is why residual networks of a hundred layers can be trained, and why they begin
# with small weights inside the blocks.

# %% [markdown]
# ## 8. Keep the values in range: normalisation
#
# A good start does not last: the weights move. **Batch normalisation** repairs the sizes at every
# step. For each column it subtracts the mean over the batch and divides by the standard deviation;
# then it lets the network choose a scale $\gamma$ and a shift $\beta$ of its own:
#
# $$\hat x = \frac{x - \mu}{\sqrt{v + \varepsilon}}, \qquad y = \gamma\,\hat x + \beta, \qquad
# \mu = \frac1N\sum_n x_n, \qquad v = \frac1N\sum_n (x_n - \mu)^2.$$
#
# $\varepsilon = 10^{-5}$ keeps a column of equal numbers from dividing by 0.

# %% [markdown]
# Backward, from the right. $\gamma$ and $\beta$ were copied to every row, so their gradients are
# sums over the rows. $\hat x$ gets $g = \text{upstream} \cdot \gamma$. Now $x$, and here is the
# trap: $\mu$ and $v$ are **made of $x$**. So $x_n$ reaches the output along three paths: directly,
# through the mean, and through the variance. Take them one by one and add:

# %% [markdown]
# - directly: $g / \sqrt{v + \varepsilon}$;
# - through the mean, it is as if the mean of $g$ were taken away: $-\overline{g}\,/ \sqrt{v +
#   \varepsilon}$;
# - through the variance: $-\hat x\;\overline{g\,\hat x}\,/ \sqrt{v + \varepsilon}$.
#
# The bar is the mean over the batch, column by column. Try to derive the third one: it needs
# $\partial \hat x/\partial v = -\tfrac12\,\hat x/(v + \varepsilon)$ and $\partial v/\partial x_n =
# \tfrac2N (x_n - \mu)$.


# %% nbgrader={"grade_id": "batch_norm_backward-stub", "solution": true}
def batch_norm_backward(x, gamma, upstream):
    """Gradients of batch normalisation, y = gamma * xhat + beta.

    xhat is (x - mean) / sqrt(variance + 1e-5), with mean and variance over the rows of each column.
    The value of beta is not needed: it was only added.

    Parameters
    ----------
    x : array, shape (N, d)
        What went in, one example a row.
    gamma : array, shape (d,)
    upstream : array, shape (N, d)
        dL/dy.

    Returns
    -------
    dx : array, shape (N, d)
    dgamma, dbeta : arrays, shape (d,)

    Hint: compute xhat again first. `np.mean(..., axis=0)` and `np.var(..., axis=0)` go over rows,
    and np.var divides by N, as here.

    >>> x = np.array([[1.0], [2.0], [6.0]])
    >>> upstream = np.array([[1.0], [0.0], [0.0]])
    >>> dx, dgamma, dbeta = batch_norm_backward(x, np.array([2.0]), upstream)
    >>> dx.ravel().round(4), dgamma.round(4), dbeta
    (array([ 0.3527, -0.4409,  0.0882]), array([-0.9258]), array([1.]))
    """
    ### BEGIN SOLUTION
    spread = np.sqrt(np.var(x, axis=0) + 1e-5)
    xhat = (x - np.mean(x, axis=0)) / spread
    dgamma = np.sum(upstream * xhat, axis=0)
    dbeta = np.sum(upstream, axis=0)

    g = upstream * gamma
    dx = (g - np.mean(g, axis=0) - xhat * np.mean(g * xhat, axis=0)) / spread
    return dx, dgamma, dbeta
    ### END SOLUTION


# %% nbgrader={"grade_id": "batch_norm_backward", "grade": true}
check(batch_norm_backward)

# %% [markdown]
# **Look.** Two facts about `dx` that you can check by eye. The output does not change when a whole
# column of $x$ is shifted, so the gradients of a column add up to 0. Nor does it change when the
# column is stretched about its mean, so they are orthogonal to $\hat x$ (up to $\varepsilon$).

# %%
rng = np.random.default_rng(7)
x, g = rng.normal(size=(50, 3)) * [1.0, 10.0, 100.0], rng.normal(size=(50, 3))
dx, _, _ = batch_norm_backward(x, np.ones(3), g)
print("sums of the columns:   ", np.abs(dx.sum(axis=0)).max().round(12))
print("along x - mean:        ", np.abs(np.sum(dx * (x - x.mean(axis=0)), axis=0)).max().round(3))
print("sizes of the columns:  ", np.linalg.norm(dx, axis=0).round(4))


# %% [markdown]
# **What to see.** Both are 0 as far as the printout goes. And the third line: a column that is ten
# times larger gets a gradient that is ten times smaller. The layer takes its input's size out, on
# the way forward and on the way back.


# %%
def normalised(h, W):
    z = h @ W
    return np.tanh((z - np.mean(z, axis=0)) / np.sqrt(np.var(z, axis=0) + 1e-5))


lines = {
    f"{kind}, s = {s}": gradient_along(layer, [s * W for W in thirty], examples, upstream)
    for s in (0.5, 4.0)
    for kind, layer in (("plain", layers["tanh"]), ("normalised", normalised))
}
plot_along(lines, alt="Plain, one falls and one rises; normalised, they lie on each other.")

# %% [markdown]
# **What to see.** Small and large weights, with and without normalisation. Without it, one falls
# and one explodes. With it, the two lines lie on each other: the size of the weights no longer
# matters. They still rise to the left, by a moderate factor in each layer, so normalisation alone
# is not the whole answer at great depth.

# %% [markdown]
# ### All settings in one place
#
# Sections 3 to 8 as one network: 64 examples, an upstream gradient of the same size for all
# settings. Change one setting at a time, and say before you do what the bars and dots will do.
# Start with *gain* 0.5, then tick *residual*. Then *gain* 3, and tick *normalised*.

# %%
GradientFlow(depth=20, width=32, activation="tanh", start="Xavier")

# %% [markdown]
# **What to see.** The dots are what comes back to each layer. With Xavier's weights they stay
# within a factor of ten over twenty layers. At gain 0.5 they fall a millionfold. The bars fall in
# all layers alike, as the last layers get almost nothing in to multiply with. With *sigmoid* the
# first bar is a trillion times shorter than the last. With *ReLU* some units are dead.

# %% [markdown]
# ## 9. When it explodes: clipping
#
# A gradient that explodes throws the weights far away in a single step. **Clipping** limits the
# step: if the norm of the gradient is above a limit, scale it down to the limit; if not, leave it
# alone.
#
# $$g \leftarrow g \cdot \frac{\text{limit}}{\lVert g\rVert} \qquad \text{if } \lVert g\rVert >
# \text{limit}$$

# %% [markdown]
# $\lVert g\rVert$ is **one** norm over all entries of all arrays: the root of the sum of all
# squares. Then every array is multiplied by the same number, and the direction stays. Clipping
# each entry or each array by itself would turn it. Gradients that are all 0 must come out as 0.


# %% nbgrader={"grade_id": "clip_by_norm-stub", "solution": true}
def clip_by_norm(gradients, limit):
    """Scale gradients down so that their common norm is at most the limit.

    Parameters
    ----------
    gradients : list of arrays, of any shapes
    limit : float
        Above 0.

    Returns
    -------
    clipped : list of arrays of the same shapes
        Unchanged values if the common norm is within the limit. New arrays: do not change those
        that you were given.

    Hint: one number decides for all of them. Compute it first, then think about the arrays.

    >>> clipped = clip_by_norm([np.array([3.0, 0.0]), np.array([[4.0]])], 1.0)
    >>> [array.round(6).tolist() for array in clipped]
    [[0.6, 0.0], [[0.8]]]
    """
    ### BEGIN SOLUTION
    norm = np.sqrt(sum(np.sum(gradient**2) for gradient in gradients))
    factor = limit / norm if norm > limit else 1.0
    return [gradient * factor for gradient in gradients]
    ### END SOLUTION


# %% nbgrader={"grade_id": "clip_by_norm", "grade": true}
check(clip_by_norm)

# %% [markdown]
# **Look.** A value that goes through the same weight 20 times, as in a recurrent network: $h =
# w^{20}$. We want $h = 0.5$. The loss is flat for small $w$ and a cliff for $w$ above 1.

# %%
cliff, pull_back = {}, value_and_grad(lambda w: (w**20 - 0.5) ** 2)
for clipped in (False, True):
    w, path = 1.15, []
    for _ in range(60):
        path.append(w)
        _, slope = pull_back(w)
        if clipped:
            slope, _ = clip_by_norm([np.array(slope), np.array(0.0)], 1.0)
        w = float(np.clip(w - 0.005 * slope, -3.0, 3.0))
    cliff[clipped] = path

figure, axes = plt.subplots(figsize=(6, 3))
axes.plot(cliff[False], "o-", label="as it is")
axes.plot(cliff[True], "s-", label="clipped to 1")
axes.axhline(0.5 ** (1 / 20), color="k", linewidth=0.5)
axes.set_xlabel("step")
axes.set_ylabel("w")
axes.legend()
plots.show(figure, alt="As it is, w jumps between 3 and -3; clipped, it walks down to 0.966.")

# %% [markdown]
# **What to see.** At $w = 1.15$ the gradient is about 9,000. Without clipping, the first step
# leaves the picture (the drawing stops it at ±3, and there the gradient is larger still, so it
# jumps from side to side). With clipping it walks down the cliff in small, equal steps and settles
# at the thin line, $w = 0.5^{1/20} = 0.966$.

# %% [markdown]
# ## 10. All of it together
#
# Back to the circle, now with more than 20 layers: ten residual blocks of two matrices each, a
# normalisation after each block, and a leaky ReLU layer before the end. The forward pass keeps
# what the backward pass needs. (This is the one place that needs all of your functions from
# section 4 on.)

# %%
width, blocks, leak = 8, 10, 0.01


def fresh_network():
    p = {"in": xavier(2, width, 1), "hidden": he(width, width, 2), "out": he(width, 1, 3)}
    for i in range(blocks):
        p[f"W1 {i}"] = xavier(width, width, 10 + i)
        p[f"W2 {i}"] = 0.5 * xavier(width, width, 30 + i)
        p[f"gamma {i}"], p[f"beta {i}"] = np.ones(width), np.zeros(width)
    return p


def run_forward(p, x):
    h, saved = x @ p["in"], []
    for i in range(blocks):
        r = h + np.tanh(h @ p[f"W1 {i}"]) @ p[f"W2 {i}"]
        xhat = (r - r.mean(axis=0)) / np.sqrt(r.var(axis=0) + 1e-5)
        saved.append((h, r))
        h = p[f"gamma {i}"] * xhat + p[f"beta {i}"]
    z = h @ p["hidden"]
    a = np.where(z > 0, z, leak * z)
    return sigmoid(a @ p["out"]), (saved, h, z, a)


# %% [markdown]
# Backward, each line undoes one of the forward pass, from the last to the first. The loss is the
# cross-entropy, which gives the simple $(p - y)/N$ at the input of the last sigmoid.


# %%
def run_backward(p, x, answer, kept):
    saved, h, z, a = kept
    gradients = {}
    ds = (answer - outside) / len(x)
    gradients["out"] = a.T @ ds
    dz = leaky_relu_backward(z, leak, ds @ p["out"].T)
    gradients["hidden"] = h.T @ dz
    dh = dz @ p["hidden"].T
    for i in reversed(range(blocks)):
        h, r = saved[i]
        dr, gradients[f"gamma {i}"], gradients[f"beta {i}"] = batch_norm_backward(
            r, p[f"gamma {i}"], dh
        )
        dh, gradients[f"W1 {i}"], gradients[f"W2 {i}"] = residual_backward(
            h, p[f"W1 {i}"], p[f"W2 {i}"], dr
        )
    gradients["in"] = x.T @ dh
    return gradients


# %% [markdown]
# Two hundred steps of descent, each of them clipped:

# %%
parameters = fresh_network()
for step in range(201):
    answer, kept = run_forward(parameters, points)
    gradients = run_backward(parameters, points, answer, kept)
    if step % 50 == 0:
        right = np.mean((answer > 0.5) == (outside > 0.5))
        first = np.linalg.norm(gradients["in"])
        print(f"step {step:3d}: {100 * right:.1f} % right, first layer's gradient {first:.1e}")
    names = list(gradients)
    for key, gradient in zip(names, clip_by_norm([gradients[k] for k in names], 1.0), strict=True):
        parameters[key] = parameters[key] - 0.1 * gradient

# %% [markdown]
# **What to see.** Compare with the ten layers at the beginning. This is more than twice as deep,
# and it learns: nearly all points are right after two hundred steps, and the gradient of the very
# first matrix is of an ordinary size from the first step on.

# %% [markdown]
# ## Recap
#
# - Every layer multiplies the gradient by a factor; $n$ layers multiply $n$ times.
# - A sigmoid's slope is at most 0.25: $0.25^5 = 9.8\cdot10^{-4}$, $0.25^{10} = 9.5\cdot10^{-7}$.
# - Below 1 it vanishes, above 1 it explodes. Measure it: norms, layer by layer.
# - **ReLU** has slope 1 where it is on. **Xavier** and **He** set the size of the first weights.
# - A **residual** path brings upstream back as it is. **Normalisation** takes the size out.
# - **Clipping** limits the step and keeps its direction.

# %% [markdown]
# ### What the lectures said
#
# The lecture on computational graphs uses the five-neuron chain to say why the theory is worth
# knowing, and generalises it to $n$ layers. Its transcript breaks off in the middle of the sentence
# about multiplying by numbers; section 3 fills in the two halves of it, below 1 and above 1. What
# helps (sections 4 to 9) goes beyond the lectures.

# %% [markdown]
# **A slip to know.** The lecture on multi-layer perceptrons writes the derivative of the squared
# error $(a - y)^2$ as $2(y - a)$ on one slide and as $2(a - y)$ on a later one. The second is
# right. With the first, every gradient of the chain has the wrong sign, and descent climbs.

# %% [markdown]
# **Of its time.** The same lecture says that going beyond three layers may not help much. With
# plain sigmoid layers that is what people saw, and this notebook shows one reason. With the
# remedies of sections 4 to 8, depth pays.
