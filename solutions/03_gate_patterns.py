# %% [markdown]
# # 03 Gate patterns
#
# A large network is made of small steps: add, multiply, take the larger, exp. Each step is a
# *gate*. If you know how one gate passes a gradient back, you know how all of them together do it.

# %% [markdown]
# When you are done, you will be able to
#
# - write the backward step of a gate as **upstream × local**;
# - say from memory what add, multiply and max do to a gradient;
# - carry a gradient through a whole sigmoid neuron, number by number;
# - say why gradients **add** where a value is used twice;
# - build a small graph that runs itself backwards.

# %% [markdown]
# ## How to work with this notebook
#
# Some cells end in `raise NotImplementedError()`. Those are yours: delete that line and the
# comment above it, write your code, and run the cell with Shift+Enter.

# %% [markdown]
# The cell below it calls `check(...)`. Run it too. It tries your code on numbers you have not seen
# and says what is right, what is not, and where to read again. Run it as often as you like:
# nothing is counted before you hand in. Leave the check cells as they are.

# %% [markdown]
# The sections do not need each other. If you are stuck, go on and come back. A cell below a check
# that uses your code stops with NotImplementedError until the code is there; that does no harm.
# All of it takes an hour or two.

# %%
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np

from course import check, plots
from course.autodiff import name, trace, vjp
from course.widgets import DiagnosisPanel, GateExplorer, GraphStepper

# %% [markdown]
# ## The long way
#
# A sigmoid neuron with two inputs, two weights and a bias computes
#
# $$f = \sigma(w_0x_0 + w_1x_1 + w_2), \qquad \sigma(s) = \frac{1}{1 + e^{-s}}.$$
#
# How does $f$ change with each of its five inputs? With the quotient rule, for the first one:
#
# $$\frac{\partial f}{\partial w_0} = \frac{x_0\,e^{-(w_0x_0 + w_1x_1 + w_2)}}
# {\left(1 + e^{-(w_0x_0 + w_1x_1 + w_2)}\right)^2}.$$
#
# That is one of five, for one neuron. Put a second neuron behind it, and every formula has to be
# worked out again, longer.


# %%
def neuron(w0, x0, w1, x1, w2):
    return 1.0 / (1.0 + np.exp(-(w0 * x0 + w1 * x1 + w2)))


point = (2.0, -1.0, -3.0, -2.0, -3.0)  # w0, x0, w1, x1, w2
w0, x0, w1, x1, w2 = point
e = np.exp(-(w0 * x0 + w1 * x1 + w2))

print(f"output of the neuron    {neuron(*point):9.6f}")
print(f"df/dw0, by the formula  {x0 * e / (1 + e) ** 2:9.6f}")

# %% [markdown]
# You can also let the computer try it out: move one input a little, see how far the output moves,
# divide. This is the *numerical gradient*. It is easy to write. It is only nearly right, and it
# costs one more evaluation of the whole function **for every input**.


# %%
def numerical_gradient(f, point, step=1e-6):
    base = f(*point)
    gradient = []
    for i, value in enumerate(point):
        moved = list(point)
        moved[i] = value + step
        gradient.append((f(*moved) - base) / step)
    return gradient


labels = ("w0", "x0", "w1", "x1", "w2")
for label, slope in zip(labels, numerical_gradient(neuron, point), strict=True):
    print(f"df/d{label} is about {slope:11.8f}")

# %% [markdown]
# Now a neuron with more weights. Watch the time.


# %%
def wide_neuron(*weights):
    return 1.0 / (1.0 + np.exp(-np.sum(weights) / len(weights)))


for count in (10, 100, 1000):
    start = perf_counter()
    numerical_gradient(wide_neuron, (0.5,) * count)
    seconds = perf_counter() - start
    print(f"{count:5d} weights: {count + 1:5d} evaluations, {1000 * seconds:8.1f} ms")

# %% [markdown]
# **What to see.** Ten times the weights take ten times the evaluations, and each evaluation is
# longer too. A network with a million weights would need a million and one evaluations for a
# single gradient. The method of this notebook needs **one** pass forward and **one** pass back,
# however many weights there are.

# %% [markdown]
# ## The idea: a gate
#
# A gate knows only its own inputs and its own small formula. Values come in from the left. Later,
# a gradient comes in from the right.
#
# ```text
#                       ┌────────┐
#                  x ──►│        │
#   upstream × ∂z/∂x ◄┄┄│        │──► z
#                       │  gate  │
#                  y ──►│        │◄┄┄ upstream = ∂L/∂z
#   upstream × ∂z/∂y ◄┄┄│        │
#                       └────────┘
# ```
#
# $L$ is the number at the very end of the graph. **Upstream** says how $L$ changes with the gate's
# output. **Local** says how the output changes with one input. Their product says how $L$ changes
# with that input. This is the chain rule, one gate at a time:
#
# $$\frac{\partial L}{\partial x} = \underbrace{\frac{\partial L}{\partial z}}_{\text{upstream}}
# \times \underbrace{\frac{\partial z}{\partial x}}_{\text{local}}$$

# %% [markdown]
# `trace` draws this picture for any function you give it, with numbers in it. Here is a gate that
# subtracts:

# %%
trace(lambda x, y: x - y, 5.0, 3.0, upstream=10.0)

# %% [markdown]
# **What to see.** Each box has a name, a value and a gradient. The number on a line is the local
# gradient. Read it twice. From left to right, the values: 5 and 3 go in, 2 comes out. From right
# to left, the gradients: the box at the right has an upstream of 10, and each input gets 10 times
# the number on its line. For $y$ that number is −1, because $x - y$ falls when $y$ grows. Every
# picture below is read in the same way.

# %% [markdown]
# ## 1. One gate: upstream times local
#
# The add gate is the simplest: $z = x + y$. Move $x$ by a little, and $z$ moves by just as much.
# The same holds for $y$. Both local gradients are 1:
#
# $$\frac{\partial z}{\partial x} = 1, \qquad \frac{\partial z}{\partial y} = 1.$$
#
# So each input gets upstream × 1. **The add gate distributes**: it hands the gradient on,
# unchanged, to everyone who put something in. What the inputs were does not matter.

# %%
trace(lambda x, y: x + y, -2.0, 5.0, upstream=-4.0)

# %% [markdown]
# **What to see.** An upstream of −4 arrives at the right, both lines say 1, and both inputs get
# −4. The values −2 and 5 play no part. (It is the add gate of $(x + y)z$ in assignment 02.)
#
# Now write it. The arguments may be plain numbers or arrays of one shape. In an array, each entry
# is a little gate of its own, with its own upstream.


# %% nbgrader={"grade_id": "add_backward-stub", "solution": true}
def add_backward(x, y, upstream):
    """Gradients of the add gate z = x + y.

    Parameters
    ----------
    x, y : float, or array
        What went into the gate. Arrays have one common shape.
    upstream : float, or array of that shape
        dL/dz, as it comes in from the right.

    Returns
    -------
    dx, dy : float, or array of that shape
        dL/dx and dL/dy, in this order, as `return dx, dy`.

    Hint: how much does x + y grow when x grows by 0.001? Multiply that rate by upstream.

    >>> add_backward(-2.0, 5.0, -4.0)
    (-4.0, -4.0)
    """
    ### BEGIN SOLUTION
    dx = upstream * 1.0
    dy = upstream * 1.0
    return dx, dy
    ### END SOLUTION


# %% nbgrader={"grade_id": "add_backward", "grade": true}
check(add_backward)

# %% [markdown]
# ## 2. The multiply gate swaps
#
# Now $z = x\,y$. Hold $y$ still. If $x$ moves by a little, $z$ moves $y$ times as far. So the
# local gradient for $x$ is the *other* input:
#
# $$\frac{\partial z}{\partial x} = y, \qquad \frac{\partial z}{\partial y} = x.$$
#
# **The multiply gate swaps**: each input gets upstream times the value of its partner. Here the
# inputs do matter, so a multiply gate has to remember them until the gradient comes back.

# %%
trace(lambda x, y: x * y, 3.0, -4.0, upstream=2.0)

# %% [markdown]
# **What to see.** $x$ is 3, and it gets 2 × (−4) = −8. $y$ is −4, and it gets 2 × 3 = 6. A large
# input gives its *partner* a large gradient. So if $x$ is data and $y$ is a weight, data that is a
# thousand times larger makes the weight's gradient a thousand times larger.


# %% nbgrader={"grade_id": "mul_backward-stub", "solution": true}
def mul_backward(x, y, upstream):
    """Gradients of the multiply gate z = x * y.

    Parameters
    ----------
    x, y : float, or array
        What went into the gate. Arrays have one common shape.
    upstream : float, or array of that shape
        dL/dz, as it comes in from the right.

    Returns
    -------
    dx, dy : float, or array of that shape
        dL/dx and dL/dy, in this order.

    Hint: to find dx, treat y as a fixed number such as 7. What is the slope of x * 7?

    >>> mul_backward(3.0, -4.0, 2.0)
    (-8.0, 6.0)
    """
    ### BEGIN SOLUTION
    dx = upstream * y
    dy = upstream * x
    return dx, dy
    ### END SOLUTION


# %% nbgrader={"grade_id": "mul_backward", "grade": true}
check(mul_backward)

# %% [markdown]
# ### What a check tells you
#
# Here is a backward step of a multiply gate that somebody else wrote, and it forgets something. The
# panel shows what `check` has to say about it, one hint after the other. Take a step with **Next**
# or the → key. After each hint, stop: would you know by now what to change?


# %%
def forgetful(x, y, upstream):
    return y, x


DiagnosisPanel(forgetful, exercise="mul_backward")

# %% [markdown]
# **What to see.** The first hint names the mistake, the second says where to read again. The third
# has the smallest case that fails: what came back, what is right, and how far off it is. Here both
# numbers are half of what is right, and upstream is 2.

# %% [markdown]
# `check` gives the same three hints, one more each time it fails. To see yours like this, put
# `DiagnosisPanel(mul_backward)` into a cell of your own. It works for every exercise.

# %% [markdown]
# ## 3. The max gate routes
#
# $z = \max(x, y)$ lets the larger input through and ignores the other one. Move the larger input a
# little, and $z$ follows it. Move the smaller one a little, and nothing happens:
#
# $$\frac{\partial z}{\partial x} = \begin{cases}1 & x > y\\ 0 & x < y\end{cases}\qquad
# \frac{\partial z}{\partial y} = \begin{cases}0 & x > y\\ 1 & x < y\end{cases}$$
#
# **The max gate routes**: the whole gradient goes to the input that won, and none to the other.

# %%
trace(lambda x, y: np.maximum(x, y), 2.0, -1.0, upstream=2.0)

# %% [markdown]
# **What to see.** 2 won against −1. So the line of $x$ says 1, and $x$ gets all of the upstream.
# The line of $y$ says 0. It is like a railway switch: the forward pass sets it, the backward pass
# follows it.

# %% [markdown]
# **Ties.** When $x = y$, the slope is 1 to one side and 0 to the other, so there is no derivative.
# We need a convention. Give everything to one input (either one), or half to each. All of these
# are accepted here. What must hold is that **the parts add up to upstream**: giving all of it to
# both would double the gradient, giving none would lose it.


# %% nbgrader={"grade_id": "max_backward-stub", "solution": true}
def max_backward(x, y, upstream):
    """Gradients of the max gate z = max(x, y), entry by entry for arrays.

    Parameters
    ----------
    x, y : float, or array
        What went into the gate. Arrays have one common shape.
    upstream : float, or array of that shape
        dL/dz, as it comes in from the right.

    Returns
    -------
    dx, dy : float, or array of that shape
        dL/dx and dL/dy. At a tie, either input or half each: dx + dy is always upstream.

    Hint: a comparison such as `x < y` gives True or False, one for each entry of an array, and in a
    product True counts as 1 and False as 0. An `if` cannot choose for a whole array.

    >>> max_backward(2.0, -1.0, 2.0)
    (2.0, 0.0)
    """
    ### BEGIN SOLUTION
    dx = upstream * (x >= y)  # a tie goes to x
    dy = upstream * (x < y)
    return dx, dy
    ### END SOLUTION


# %% nbgrader={"grade_id": "max_backward", "grade": true}
check(max_backward)

# %% [markdown]
# ### Gates to play with
#
# Three gates, three patterns. Here you can drag the numbers (or use Tab and the arrow keys) and
# watch the gradients. Before you drag, guess: in *mul*, what happens to the gradient of $y$ when
# you move $x$? And in *max*, when $x$ passes $y$? The gates *copy* and *sigmoid* come later, in
# sections 7 and 9.

# %%
GateExplorer("mul", x=3.0, y=-4.0, upstream=2.0)

# %% [markdown]
# **What to see.** The wider a wire, the larger the gradient that runs back on it. In *add*, both
# wires are as wide as the one from the right, whatever the inputs are. In *mul*, moving $x$ changes
# the wire of $y$. In *max*, one wire has everything and the other nothing, until the inputs pass
# each other.

# %% [markdown]
# ## 4. A circuit of three gates
#
# Three gates and a factor of two make a circuit:
#
# $$f = 2\,\bigl(xy + \max(z, w)\bigr), \qquad x = 3,\; y = -4,\; z = 2,\; w = -1.$$
#
# Before you run the next cell, take a sheet of paper. Go forward first: what is $f$? Then go back
# from the right, one gate at a time. What do $x$, $y$, $z$ and $w$ get?
#
# (`name` only writes a label on a box. It hands its value on unchanged.)


# %%
def circuit(x, y, z, w):
    p = name(x * y, "p = xy")
    m = name(np.maximum(z, w), "m = max(z, w)")
    s = name(p + m, "s = p + m")
    return name(2.0 * s, "f = 2s")


trace(circuit, 3.0, -4.0, 2.0, -1.0)

# %% [markdown]
# **What to see.** Forward, $p = -12$, $m = 2$, $s = -10$, $f = -20$. Backward, the factor doubles
# the gradient: $s$ gets 2. The add gate distributes 2 to $p$ and to $m$. The multiply gate swaps:
# $x$ gets 2 × (−4) = −8 and $y$ gets 2 × 3 = 6. The max gate routes: $z$ gets 2, and $w$ gets 0.
#
# The output of one backward step is the upstream of the next. That is all there is to it.

# %% [markdown]
# Now one step at a time. Press **Next** or the → key. First the values appear, then, from the
# right, the gradients, each with its *upstream × local*. Then rewind, tick **Predict**, and type
# each gradient before it is shown. Last, choose a *broken* backward pass and find the first number
# that is wrong.

# %%
GraphStepper(circuit, 3.0, -4.0, 2.0, -1.0)

# %% [markdown]
# **What to see.** Each backward step needs two numbers only: the gradient at the right end of the
# line, and the local gradient of that one gate. Open *Move the inputs* and drag $w$ to the right.
# At 2 it passes $z$, and its gradient jumps from 0 to 2. A nudge tells you the same from outside:
# result moved, divided by $h$.


# %% nbgrader={"grade_id": "circuit_backward-stub", "solution": true}
def circuit_backward(x, y, z, w, upstream):
    """Gradients of f = 2 * (x * y + max(z, w)), entry by entry for arrays.

    Parameters
    ----------
    x, y, z, w : float, or array
        What went into the circuit. Arrays have one common shape.
    upstream : float, or array of that shape
        dL/df.

    Returns
    -------
    dx, dy, dz, dw : float, or array of that shape
        dL/dx, dL/dy, dL/dz and dL/dw. At a tie of z and w, as in the max gate.

    Hint: give the gradient on each inner line a name of its own (ds, dp, dm), and find them from
    right to left.

    >>> circuit_backward(3.0, -4.0, 2.0, -1.0, 1.0)
    (-8.0, 6.0, 2.0, 0.0)
    """
    ### BEGIN SOLUTION
    ds = upstream * 2.0
    dp = dm = ds  # add distributes
    dx, dy = dp * y, dp * x  # multiply swaps
    dz, dw = dm * (z >= w), dm * (z < w)  # max routes
    return dx, dy, dz, dw
    ### END SOLUTION


# %% nbgrader={"grade_id": "circuit_backward", "grade": true}
check(circuit_backward)

# %% [markdown]
# ### In your own words
#
# In the circuit above, $w = -1$ got a gradient of exactly 0. Answer in four to six sentences, for
# a friend who has not read this notebook:
#
# 1. Which gate decided that, and how?
# 2. Can $w$ never change $f$, then? Say what $f$ does if $w$ moves to −0.9, and if it moves to 5.
# 3. Suppose $w$ is a weight that learns by following its gradient. What becomes of it if it loses
#    against $z$ on every example?

# %% [markdown] nbgrader={"grade_id":"explain_routing","grade":true,"solution":true,"points":3}
# ### BEGIN SOLUTION
# The max gate decided it: in the forward pass z = 2 was larger than w = −1, so the gate let z
# through, and in the backward pass it sends the whole gradient the same way. The gradient only
# speaks about small moves. At w = −0.9 the maximum is still 2 and f stays −20, which is what the 0
# says. At w = 5 the switch flips: f = 2(−12 + 5) = −14, and from then on w gets the gradient and z
# gets none. A weight that loses on every example gets 0 every time, so it never moves and never
# learns: it is dead until something else changes the comparison.
#
# **For the grader.** One point for each question. (1) The max gate, because z was larger in the
# forward pass; "w is negative" is not a reason. (2) No; f stays −20 at −0.9 and becomes −14 at 5;
# a right idea with a slip in the number is still half a point. (3) It never changes, because each
# step is learning rate × 0; a mention of dead ReLU units is welcome and not needed.
# ### END SOLUTION

# %% [markdown]
# ## 5. Four small gates: times a constant, plus a constant, exp, one over x
#
# The sigmoid needs four gates with one input. Here are their local gradients:
#
# | gate | $z$ | local $\partial z/\partial x$ |
# |---|---|---|
# | times a constant | $c\,x$ | $c$ |
# | plus a constant | $c + x$ | $1$ |
# | exp | $e^{x}$ | $e^{x}$, the gate's own output |
# | one over x | $1/x$ | $-1/x^2$ |

# %% [markdown]
# Times −1 is the first gate with $c = -1$. Plus a constant is an add gate: it passes upstream on,
# so there is nothing to write. The other three are yours.


# %%
def sigmoid(x):
    n = name(-1.0 * x, "n = −1 · x")
    e = name(np.exp(n), "e = exp(n)")
    d = name(1.0 + e, "d = 1 + e")
    return name(1.0 / d, "out = 1 / d")


trace(sigmoid, 1.0)

# %% [markdown]
# **What to see.** All four gates in a row, and together they are $\sigma(1)$. Start at the right
# with a gradient of 1 and multiply your way to the left, by one local gradient after the other.
# Look at the gate one over x: its slope falls everywhere, so it turns the sign of the gradient.
# The gate times −1 turns it back.


# %% nbgrader={"grade_id": "scale_backward-stub", "solution": true}
def scale_backward(x, c, upstream):
    """Gradient of the gate z = c * x, for a constant c.

    Parameters
    ----------
    x : float, or array
        What went into the gate.
    c : float
        The constant. It does not learn, so it needs no gradient.
    upstream : float, or array of x's shape
        dL/dz.

    Returns
    -------
    dx : float, or array of x's shape
        dL/dx.

    Hint: this is half of a multiply gate.

    >>> scale_backward(1.0, -1.0, -0.53)
    0.53
    """
    ### BEGIN SOLUTION
    return upstream * c
    ### END SOLUTION


# %% nbgrader={"grade_id": "scale_backward", "grade": true}
check(scale_backward)

# %% [markdown]
# The exponential is its own derivative. Mind what is multiplied: upstream × $e^x$, not upstream ×
# $x$.


# %% nbgrader={"grade_id": "exp_backward-stub", "solution": true}
def exp_backward(x, upstream):
    """Gradient of the gate z = exp(x).

    Parameters
    ----------
    x : float, or array
        What went into the gate.
    upstream : float, or array of that shape
        dL/dz.

    Returns
    -------
    dx : float, or array of that shape
        dL/dx.

    Hint: which function has itself as its slope?

    >>> round(float(exp_backward(-1.0, -0.53)), 4)
    -0.195
    """
    ### BEGIN SOLUTION
    return upstream * np.exp(x)
    ### END SOLUTION


# %% nbgrader={"grade_id": "exp_backward", "grade": true}
check(exp_backward)

# %% [markdown]
# One over x is $x^{-1}$, and the power rule brings the exponent down: $-1 \cdot x^{-2}$. The minus
# stays, whatever the sign of $x$.


# %% nbgrader={"grade_id": "reciprocal_backward-stub", "solution": true}
def reciprocal_backward(x, upstream):
    """Gradient of the gate z = 1 / x.

    Parameters
    ----------
    x : float, or array
        What went into the gate; never 0.
    upstream : float, or array of that shape
        dL/dz.

    Returns
    -------
    dx : float, or array of that shape
        dL/dx.

    Hint: 1 / x falls when x grows. Does your answer have that sign for x = -2 as well?

    >>> round(reciprocal_backward(1.37, 1.0), 4)
    -0.5328
    """
    ### BEGIN SOLUTION
    return upstream * (-1.0 / x**2)
    ### END SOLUTION


# %% nbgrader={"grade_id": "reciprocal_backward", "grade": true}
check(reciprocal_backward)

# %% [markdown]
# ## 6. The sigmoid neuron, gate by gate
#
# Back to the neuron of the beginning, with $w_0 = 2$, $x_0 = -1$, $w_1 = -3$, $x_1 = -2$, $w_2 =
# -3$. It is two multiply gates, two add gates and the four small gates of section 5. No formula
# for the whole is needed any more.
#
# First forward, keeping every value on the way, since the gates will want them later:

# %%
w0, x0, w1, x1, w2 = 2.0, -1.0, -3.0, -2.0, -3.0
a = w0 * x0
b = w1 * x1
s = a + b + w2
n = -1.0 * s
e = np.exp(n)
d = 1.0 + e
out = 1.0 / d

forward_pass = {"a": a, "b": b, "s": s, "n": n, "e": e, "d": d, "out": out}
for label, value in forward_pass.items():
    print(f"{label:>3} = {value:9.6f}")

# %% [markdown]
# Now backward, from the right. The last four gates are the picture of section 5, number for
# number, since there too $s$ was 1. It left a gradient of 0.196612 at $s$. That is the upstream of
# the gates in front:


# %%
def weighted_sum(w0, x0, w1, x1, w2):
    a = name(w0 * x0, "a = w0 · x0")
    b = name(w1 * x1, "b = w1 · x1")
    return name(name(a + b, "a + b") + w2, "s = a + b + w2")


trace(weighted_sum, 2.0, -1.0, -3.0, -2.0, -3.0, upstream=0.196612)

# %% [markdown]
# **What to see.** The two add gates hand 0.196612 on as it is: to $a$, to $b$ and to the bias
# $w_2$. Then each multiply gate swaps. $w_0$ gets 0.196612 × (−1), and $x_0$ gets 0.196612 × 2.
# Put the picture of section 5 at the right of this one, and you have the whole neuron.


# %% nbgrader={"grade_id": "neuron_backward-stub", "solution": true}
def neuron_backward(w0, x0, w1, x1, w2, upstream):
    """Gradients of the neuron f = sigmoid(w0 * x0 + w1 * x1 + w2), entry by entry for arrays.

    Parameters
    ----------
    w0, x0, w1, x1, w2 : float, or array
        What went into the neuron. Arrays have one common shape.
    upstream : float, or array of that shape
        dL/df.

    Returns
    -------
    dw0, dx0, dw1, dx1, dw2 : float, or array of that shape
        In the order of the arguments: weight, input, weight, input, bias.

    Hint: compute s, e and d of the cell above again. Then go back: dd, de, dn, ds. All five answers
    start from ds.

    >>> [round(float(g), 6) for g in neuron_backward(2.0, -1.0, -3.0, -2.0, -3.0, 1.0)]
    [-0.196612, 0.393224, -0.393224, -0.589836, 0.196612]
    """
    ### BEGIN SOLUTION
    n = -1.0 * (w0 * x0 + w1 * x1 + w2)
    e = np.exp(n)
    d = 1.0 + e

    dd = upstream * (-1.0 / d**2)
    de = dd
    dn = de * e
    ds = dn * -1.0
    return ds * x0, ds * w0, ds * x1, ds * w1, ds
    ### END SOLUTION


# %% nbgrader={"grade_id": "neuron_backward", "grade": true}
check(neuron_backward)

# %% [markdown]
# **Look.** The lecture's slide shows rounded numbers, and computes on with them: 2 × 0.2 = 0.4 for
# $x_0$ and −1 × 0.2 = −0.2 for $w_0$. Here is yours next to that.

# %%
rounded = (-0.2, 0.4, -0.4, -0.6, 0.2)
yours = neuron_backward(2.0, -1.0, -3.0, -2.0, -3.0, 1.0)
for label, gradient, slide in zip(("w0", "x0", "w1", "x1", "w2"), yours, rounded, strict=True):
    print(f"d{label} = {gradient:9.6f}   from a rounded 0.2: {slide:4.1f}")

# %% [markdown]
# **What to see.** The slide is right to one digit. The exact gradient of $s$ is 0.196612, so 0.4
# is really 0.393224 and −0.2 is really −0.196612. Rounding in the middle also grows on the way:
# the 0.2 is off by 0.003, and the −0.6 that follows from it by three times as much. Round when you
# print, never in between.

# %% [markdown]
# ## 7. One sigmoid gate
#
# How large a gate is, is up to us. Let us make one gate of the four small ones. We need its local
# gradient. With the chain $s \to -s \to e^{-s} \to 1 + e^{-s} \to \sigma$ from above:
#
# $$\frac{d\sigma}{ds} = -\frac{1}{(1 + e^{-s})^2} \cdot e^{-s} \cdot (-1)
# = \frac{e^{-s}}{1 + e^{-s}} \cdot \frac{1}{1 + e^{-s}} = (1 - \sigma)\,\sigma.$$
#
# The last step uses $1 - \sigma = e^{-s}/(1 + e^{-s})$. So the gate needs only its own **output**:
# with $\sigma = 0.731059$, the local gradient is 0.268941 × 0.731059 = 0.196612.

# %%
s = np.linspace(-6, 6, 241)
sigma = 1.0 / (1.0 + np.exp(-s))

figure, axes = plt.subplots(figsize=(6, 3))
axes.plot(s, sigma, label="output σ")
axes.plot(s, (1 - sigma) * sigma, "--", label="local gradient (1 − σ)σ")
axes.plot([1, 1], [0.731059, 0.196612], "ko")
axes.annotate("0.731059", (1, 0.731059), xytext=(1.3, 0.66))
axes.annotate("0.196612", (1, 0.196612), xytext=(1.3, 0.21))
axes.set_xlabel("s")
axes.legend(loc="upper left")
plots.show(figure, alt="The sigmoid rises from 0 to 1; its gradient is a hill of height 0.25.")

# %% [markdown]
# **What to see.** The two dots are our neuron at $s = 1$. The local gradient is largest in the
# middle and is never more than 0.25. At both ends the sigmoid is flat, and hardly any gradient
# gets through. This will matter when many sigmoids stand in a row (assignment 06).


# %% nbgrader={"grade_id": "sigmoid_backward-stub", "solution": true}
def sigmoid_backward(out, upstream):
    """Gradient of the gate out = sigmoid(x), from its output.

    Parameters
    ----------
    out : float, or array
        What came out of the gate, between 0 and 1. The input x is not given and not needed.
    upstream : float, or array of that shape
        dL/dout.

    Returns
    -------
    dx : float, or array of that shape
        dL/dx.

    Hint: `out` is the sigmoid already. Do not send it through the sigmoid again.

    >>> round(sigmoid_backward(0.731059, 1.0), 6)
    0.196612
    """
    ### BEGIN SOLUTION
    return upstream * (1.0 - out) * out
    ### END SOLUTION


# %% nbgrader={"grade_id": "sigmoid_backward", "grade": true}
check(sigmoid_backward)

# %% [markdown]
# **Look.** The four small gates, run backwards one after the other by the course's engine, next to
# your one gate:

# %%
for s in (-4.0, 0.0, 1.0, 4.0):
    sigma, pullback = vjp(lambda s: 1.0 / (1.0 + np.exp(-s)), s)
    (four_gates,) = pullback(1.0)
    print(f"s = {s:4.1f}: four gates {four_gates:.6f}, yours {sigmoid_backward(sigma, 1.0):.6f}")

# %% [markdown]
# **What to see.** The same numbers from one line of arithmetic, and nothing to remember but `out`.
# Both ways are right. A library makes a gate as large as its backward step stays simple.

# %% [markdown]
# ## 8. A gate that remembers
#
# `sigmoid_backward` was given `out`. But who keeps it, between the pass forward and the pass back?
# The gate itself. So a gate is an object with two methods:
#
# - `forward(x)` computes the output, **saves what backward will need**, and returns the output;
# - `backward(upstream)` takes the gradient of the output and returns the gradient of the input.
#
# The saved values are why training a network takes more memory than using it. Save no more than
# needed: for the sigmoid, one array.


# %% nbgrader={"grade_id": "Sigmoid-stub", "solution": true}
class Sigmoid:
    """The sigmoid gate.

    A gate may be used again: each `backward` belongs to the latest `forward`. Two gates of this
    class remember apart from each other.

    Hint: `self.out = ...` in one method can be read as `self.out` in the other.

    >>> gate = Sigmoid()
    >>> round(float(gate.forward(1.0)), 6)
    0.731059
    >>> round(float(gate.backward(1.0)), 6)
    0.196612
    """

    def forward(self, x):
        """Return sigmoid(x), of x's shape, and save what `backward` needs. x: float or array."""
        ### BEGIN SOLUTION
        self.out = 1.0 / (1.0 + np.exp(-x))
        return self.out
        ### END SOLUTION

    def backward(self, upstream):
        """Return dL/dx from upstream = dL/dout, both of x's shape."""
        ### BEGIN SOLUTION
        return upstream * (1.0 - self.out) * self.out
        ### END SOLUTION


# %% nbgrader={"grade_id": "Sigmoid", "grade": true}
check(Sigmoid)

# %% [markdown]
# ## 9. Gradients add at branches
#
# Often a value is used more than once. In $f = x\,y + x\,z$, the value $x$ goes to two multiply
# gates. If $x$ moves, $f$ moves along **both** ways, and the two moves add up:
#
# $$\frac{\partial f}{\partial x} = y + z.$$
#
# The $y$ comes back from the first product, and the $z$ from the second.

# %%
trace(lambda y, x, z: x * y + x * z, -4.0, 3.0, 2.0)

# %% [markdown]
# **What to see.** Two lines leave $x$. On the way back, one brings −4 and the other brings 2, and
# $x$ gets −4 + 2 = −2. In code, this is the difference between `dx = ...` and `dx += ...`. With
# `=`, the second gradient overwrites the first, and $x$ ends with 2 or with −4, depending on the
# order. Nothing crashes. The model just learns badly.

# %% [markdown]
# We can make a gate of the branch itself. It copies one value to $n$ places. Each copy $z_i = x$
# has local gradient 1, and what comes back from the $n$ places is added:
#
# $$\frac{\partial L}{\partial x} = \sum_{i=1}^{n} \frac{\partial L}{\partial z_i}$$
#
# An add gate backward is a copy, and a copy backward is an add.


# %% nbgrader={"grade_id": "Copy-stub", "solution": true}
class Copy:
    """The branch: one value goes to n places.

    Hint: start `backward` with 0 and take the upstream arrays one by one, with +=. Take care that
    += does not change the arrays that you were given.

    >>> fork = Copy()
    >>> len(fork.forward(3.0, 3))
    3
    >>> float(fork.backward([2.0, -0.5, 1.0]))
    2.5
    """

    def forward(self, x, n):
        """Return a list of n arrays, each equal to x. x: float or array; n: 1 or more."""
        ### BEGIN SOLUTION
        return [np.copy(x) for _ in range(n)]
        ### END SOLUTION

    def backward(self, upstreams):
        """Return dL/dx from the list of n upstream arrays, all of x's shape."""
        ### BEGIN SOLUTION
        dx = np.zeros(np.shape(upstreams[0]))
        for upstream in upstreams:
            dx += upstream
        return dx
        ### END SOLUTION


# %% nbgrader={"grade_id": "Copy", "grade": true}
check(Copy)

# %% [markdown]
# ## 10. Gates as objects
#
# All gates can have the same two methods, however many inputs they have. Then whoever connects the
# gates need not know what is inside. The multiply gate has two inputs, so `forward` takes two
# values, and `backward` returns two gradients.
#
# What must it save? Think of section 2 before you write.


# %% nbgrader={"grade_id": "MulGate-stub", "solution": true}
class MulGate:
    """The multiply gate z = x * y as an object.

    Hint: each input's gradient needs the value of the other input.

    >>> gate = MulGate()
    >>> gate.forward(3.0, -4.0)
    -12.0
    >>> gate.backward(2.0)
    (-8.0, 6.0)
    """

    def forward(self, x, y):
        """Return x * y and save what `backward` needs. x, y: floats, or arrays of one shape."""
        ### BEGIN SOLUTION
        self.x, self.y = x, y
        return x * y
        ### END SOLUTION

    def backward(self, upstream):
        """Return the pair dL/dx, dL/dy from upstream = dL/dz, all of one shape."""
        ### BEGIN SOLUTION
        return upstream * self.y, upstream * self.x
        ### END SOLUTION


# %% nbgrader={"grade_id": "MulGate", "grade": true}
check(MulGate)

# %% [markdown]
# **Look.** Two gate objects compute $(x\,y)\,z$. Each remembers its own inputs, so you need two
# objects, not one used twice. Backward calls them in the opposite order.

# %%
first, second = MulGate(), MulGate()
product = first.forward(3.0, -4.0)
result = second.forward(product, 0.5)

dproduct, dz = second.backward(1.0)
dx, dy = first.backward(dproduct)
print(f"f = {result}, dx = {dx}, dy = {dy}, dz = {dz}")

# %% [markdown]
# **What to see.** $f = -6$, and the gradients are $yz = -2$, $xz = 1.5$, $xy = -12$. The second
# gate passed `dproduct` to the first, and neither of them knows that the other exists.

# %% [markdown]
# ## 11. A graph that runs itself backwards
#
# Calling gates by hand is what a computer should do for us. We write down the *steps*: the name of
# the output, the gate, the names of the inputs. A gate is a pair `(forward, backward)`:
#
# - `forward(*inputs)` returns the output;
# - `backward(*inputs, upstream)` returns a **tuple** with one gradient for each input, also when
#   there is only one.

# %% [markdown]
# To keep this section apart from the others, here is a table of ready gates. The course's own
# engine works out their gradients.


# %%
def gate(function):
    def backward(*inputs_and_upstream):
        *inputs, upstream = inputs_and_upstream
        _, pullback = vjp(function, *inputs)
        return pullback(upstream)

    return function, backward


gates = {
    "add": gate(lambda x, y: x + y),
    "mul": gate(lambda x, y: x * y),
    "max": gate(np.maximum),
    "double": gate(lambda x: 2.0 * x),
}

# %% [markdown]
# **Forward.** Keep a dict from name to value. It starts with the inputs. Go through the steps in
# order, look up each step's inputs, and store its output. The last output is the result.

# %% [markdown]
# **Backward.** Keep a dict from name to gradient, 0 for every name. Put upstream at the last
# output. Go through the steps in the **opposite** order. When you reach a step, the gradient of
# its output is complete, because everybody who used that output has had their turn. Call the
# gate's `backward`, and add each part to the gradient of its input. Use `+=`: a name may be used
# by several steps, or twice by the same one.


# %% nbgrader={"grade_id": "Graph-stub", "solution": true}
class Graph:
    """A graph of gates that runs forwards and backwards.

    Parameters
    ----------
    steps : list of (output_name, (forward, backward), input_names)
        In an order in which each input is known before it is used. The last output is the result.

    Hint: `function(*values)` passes a list of values as separate arguments, and `zip(names, parts)`
    pairs each input with its gradient. Start `backward` with fresh zeros each time it is called.

    >>> graph = Graph([("q", gates["add"], ["x", "y"]), ("f", gates["mul"], ["q", "z"])])
    >>> float(graph.forward(x=-2.0, y=5.0, z=-4.0))
    -12.0
    >>> gradients = graph.backward(1.0)
    >>> [float(gradients[key]) for key in ("x", "y", "z", "q")]
    [-4.0, -4.0, 3.0, -4.0]
    """

    def __init__(self, steps):
        self.steps = steps

    def forward(self, **inputs):
        """Return the last step's value; keep all values. Inputs, by name: floats or arrays."""
        ### BEGIN SOLUTION
        self.values = dict(inputs)
        for output, (forward, _), names in self.steps:
            self.values[output] = forward(*(self.values[key] for key in names))
        return self.values[self.steps[-1][0]]
        ### END SOLUTION

    def backward(self, upstream):
        """Return a dict from every name, inputs and outputs of steps, to its gradient.

        `upstream` is dL/d(result). Calling it twice gives the same answer twice.
        """
        ### BEGIN SOLUTION
        gradients = {key: np.zeros(np.shape(value)) for key, value in self.values.items()}
        gradients[self.steps[-1][0]] += upstream
        for output, (_, backward), names in reversed(self.steps):
            parts = backward(*(self.values[key] for key in names), gradients[output])
            for key, part in zip(names, parts, strict=True):
                gradients[key] += part
        return gradients
        ### END SOLUTION


# %% nbgrader={"grade_id": "Graph", "grade": true}
check(Graph)

# %% [markdown]
# **Look.** Your graph runs the circuit of section 4, and the branch of section 9:

# %%
circuit_steps = [
    ("p", gates["mul"], ["x", "y"]),
    ("m", gates["max"], ["z", "w"]),
    ("s", gates["add"], ["p", "m"]),
    ("f", gates["double"], ["s"]),
]
branch_steps = [
    ("p", gates["mul"], ["x", "y"]),
    ("q", gates["mul"], ["x", "z"]),
    ("f", gates["add"], ["p", "q"]),
]


def show(graph, **inputs):
    print(f"f = {graph.forward(**inputs):.0f}")
    gradients = graph.backward(1.0)
    print("  ", ", ".join(f"d{key} = {gradients[key]:.0f}" for key in gradients))


show(Graph(circuit_steps), x=3.0, y=-4.0, z=2.0, w=-1.0)
show(Graph(branch_steps), x=3.0, y=-4.0, z=2.0)

# %% [markdown]
# **What to see.** −20 and −8, 6, 2, 0, as in section 4; −6 and −2, as in section 9. You wrote no
# formula for either of them. About ten lines run *any* graph, once its gates are there. The
# libraries you will use later do the same, with more gates and much more speed.

# %% [markdown]
# ## 12. The same layer in Caffe
#
# Caffe is one of the early libraries, written in C++. It calls a gate a *layer*. What comes in is
# the **bottom**, what goes out is the **top**, and each is a *blob*: an array of shape (N, C, H,
# W) that is stored as one long row of numbers. A blob has two halves, `data` for the values and
# `diff` for the gradients. So upstream is called `top_diff`, and the answer is `bottom_diff`.

# %% [markdown]
# The backward method of the sigmoid layer is one loop over that row. In outline:
#
# ```text
# backward(top_data, top_diff, propagate_down, bottom_diff):
#     if nobody below wants a gradient (propagate_down is false): there is nothing to do
#     for every index i, from 0 to the number of entries:
#         read the output of the forward pass at i      (it is σ, and it was saved in top_data)
#         bottom_diff at i  becomes  top_diff at i, times the slope of the sigmoid there
# ```
#
# In one line, `bottom_diff` = `top_diff` · $\sigma\,(1 - \sigma)$. It is your sigmoid gate under
# other names.

# %% [markdown]
# Port it. Write the loop on purpose, over the flat row of numbers. If `propagate_down` is False,
# return zeros: an image at the input of a network, for example, needs no gradient, and the work is
# saved.


# %% nbgrader={"grade_id": "caffe_sigmoid_backward-stub", "solution": true}
def caffe_sigmoid_backward(top_data, top_diff, propagate_down):
    """Backward method of a sigmoid layer, as a plain loop over the flat blob.

    Parameters
    ----------
    top_data : array, shape (N, C, H, W)
        The layer's output, saved by the forward pass.
    top_diff : array, shape (N, C, H, W)
        Gradient of the output.
    propagate_down : bool
        Whether the layer below wants a gradient.

    Returns
    -------
    bottom_diff : array, shape (N, C, H, W)
        Gradient of the input; all zeros if `propagate_down` is False.

    Hint: `blob.ravel()` is the flat row of numbers, and `row.reshape(blob.shape)` the way back.

    >>> top_data = 1.0 / (1.0 + np.exp(-np.array([[[[1.0, 0.0], [-1.0, 2.0]]]])))
    >>> top_diff = np.array([[[[1.0, 2.0], [-1.0, 0.5]]]])
    >>> caffe_sigmoid_backward(top_data, top_diff, True).round(3)
    array([[[[ 0.197,  0.5  ],
             [-0.197,  0.052]]]])
    """
    ### BEGIN SOLUTION
    bottom_diff = np.zeros(top_data.size)
    if propagate_down:
        data, diff = top_data.ravel(), top_diff.ravel()
        for i in range(top_data.size):
            sigma = data[i]
            bottom_diff[i] = diff[i] * sigma * (1.0 - sigma)
    return bottom_diff.reshape(top_data.shape)
    ### END SOLUTION


# %% nbgrader={"grade_id": "caffe_sigmoid_backward", "grade": true}
check(caffe_sigmoid_backward)

# %% [markdown]
# **Look.** In C++ the loop is the fast way. In Python each turn of a loop is slow, and NumPy's own
# loop inside `*` is the fast one. Same numbers, other speed:

# %%
rng = np.random.default_rng(3)
top_data = rng.uniform(0.05, 0.95, size=(8, 3, 32, 32))
top_diff = rng.normal(size=top_data.shape)


def fastest(function, tries=5):
    seconds = []
    for _ in range(tries):
        start = perf_counter()
        result = function()
        seconds.append(perf_counter() - start)
    return result, min(seconds)


looped, slow = fastest(lambda: caffe_sigmoid_backward(top_data, top_diff, True))
one_line, fast = fastest(lambda: top_diff * top_data * (1.0 - top_data))

print(f"{top_data.size} numbers, largest difference {np.abs(looped - one_line).max():.1e}")
print(f"loop {1e3 * slow:.2f} ms, one line {1e3 * fast:.3f} ms: {slow / fast:.0f} times faster")

# %% [markdown]
# **What to see.** The values agree to the last digit or nearly so, and the one line is many times
# faster. How to write *every* backward step in that way is what assignment 04 is about.

# %% [markdown]
# ## 13. All of it together
#
# A neuron that learns. Its task is the logical *or*: output 1 if at least one input is 1. The
# graph is the neuron of section 6, and behind it a loss: the square of the miss, written as miss ×
# miss, so that one name goes into one gate twice.
#
# This is the one place that needs many of your stubs at once: `Graph`, with **your** backward
# functions as its gates. (If a check above still fails, come back later.)

# %%
own = {
    "add": (np.add, add_backward),
    "mul": (np.multiply, mul_backward),
    "minus": (lambda x: -x, lambda x, upstream: (scale_backward(x, -1.0, upstream),)),
    "exp": (np.exp, lambda x, upstream: (exp_backward(x, upstream),)),
    "plus_one": (lambda x: 1.0 + x, lambda x, upstream: (upstream,)),
    "one_over": (lambda x: 1.0 / x, lambda x, upstream: (reciprocal_backward(x, upstream),)),
}

# %% [markdown]
# And the graph, in steps. The first eight are the neuron, the last two are its loss.

# %%
neuron_steps = [
    ("a", own["mul"], ["w0", "x0"]),
    ("b", own["mul"], ["w1", "x1"]),
    ("ab", own["add"], ["a", "b"]),
    ("s", own["add"], ["ab", "w2"]),
    ("n", own["minus"], ["s"]),
    ("e", own["exp"], ["n"]),
    ("d", own["plus_one"], ["e"]),
    ("out", own["one_over"], ["d"]),
]
loss_steps = [
    ("miss", own["add"], ["out", "minus_target"]),
    ("loss", own["mul"], ["miss", "miss"]),
]
learner, answerer = Graph(neuron_steps + loss_steps), Graph(neuron_steps)

# %% [markdown]
# Four examples go through at once, as arrays of length 4. Each weight is copied to all four of
# them. That is a branch, so the four gradients **add**: the `np.sum` below is section 9 again.
#
# Note which line is what. `backward` only *finds* the gradients. The line with `rate` *uses* them,
# and that is a different thing: gradient descent.

# %%
x0, x1 = np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 0.0, 1.0])
target = np.array([0.0, 1.0, 1.0, 1.0])
weights = {"w0": 0.0, "w1": 0.0, "w2": 0.0}
rate = 1.0

for step in range(301):
    copies = {key: np.full(4, value) for key, value in weights.items()}
    loss = np.sum(learner.forward(x0=x0, x1=x1, minus_target=-target, **copies))
    gradients = learner.backward(np.ones(4))
    if step % 60 == 0:
        answers = answerer.forward(x0=x0, x1=x1, **copies)
        print(f"step {step:3d}: loss {loss:.4f}, outputs {np.round(answers, 2)}")
    for key in weights:
        weights[key] -= rate * np.sum(gradients[key])

# %% [markdown]
# **What to see.** The outputs start at 0.5, which is no opinion at all, and move to 0, 1, 1, 1. No
# derivative of the whole was ever written down: only six gates and one rule.

# %% [markdown]
# ## Recap
#
# - A gate gives each input **upstream × local**.
# - Add **distributes**, max **routes**, multiply **swaps**.
# - The slope of the sigmoid comes from its output: $(1 - \sigma)\,\sigma$.
# - Where a value branches, the gradients **add**: `+=`, not `=`.
# - `forward` saves what `backward` needs.
# - A graph runs backwards by calling its gates in the opposite order, each once.

# %% [markdown]
# ### What the lectures said
#
# All of this is in the lectures: the neuron, the patterns, the branches, the forward/backward
# interface and Caffe's layers in the one on multi-layer perceptrons; the patterns again, with the
# multiply gate as *switcher*, in the one on vectorised gradients; saving intermediates also in the
# one on algorithms. Two things to keep in mind when you read them:

# %% [markdown]
# **Rounding.** The slide of the neuron prints 0.2, 0.4 and −0.2. The exact values are 0.196612,
# 0.393224 and −0.196612. Compare with a slide to within 0.01, and with a computation to many more
# digits.

# %% [markdown]
# **What backpropagation is.** One lecture sums it up as gradient descent plus the chain rule, one
# calls it an algorithm that adjusts the weights, and one says that the backward pass updates the
# parameters. Taken by the word, none of these is right. Backpropagation is the chain rule, run
# backwards through a graph, and it *only computes gradients*. What you do with them comes after:
# in section 13, it was a line of its own.
