# %% [markdown]
# # 04 Vectorised gradients
#
# Real networks do not push single numbers around. They multiply matrices, a whole batch of examples
# at once. The rule of assignment 03 still holds, upstream × local, but "local" is now a table with
# more entries than your computer can hold. The trick is never to make that table.

# %% [markdown]
# When you are done, you will be able to
#
# - say what shape each gradient has before you compute it;
# - write the backward step of an affine layer in three lines, without a loop;
# - undo broadcasting, and look up rows, without losing a part of the gradient;
# - say when a Jacobian is diagonal, and what to do when it is not;
# - differentiate the three losses of a classifier: logistic, softmax cross-entropy, hinge.

# %% [markdown]
# ## How to work with this notebook
#
# Replace each `raise NotImplementedError()` by your code, then run the cell and the check below it.
# A check tries numbers that you have not seen, also awkward ones, and says what is wrong. Run it as
# often as you like. The sections do not need each other, apart from the last. If a cell that uses
# your code stops with NotImplementedError, write the stub first, or come back later. All of it
# takes an hour or two.

# %%
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np

from course import check, plots
from course.autodiff import jacobian, name, trace
from course.data import digits_split
from course.widgets import BroadcastViewer, JacobianViewer

# %% [markdown]
# ## The long way
#
# A layer computes $Y = XW$, with one example in each row of $X$. By the chain rule, a weight gets
#
# $$\frac{\partial L}{\partial W_{dm}} = \sum_{n}\sum_{k} \frac{\partial L}{\partial Y_{nk}}
# \frac{\partial Y_{nk}}{\partial W_{dm}}.$$
#
# All these local derivatives together are the *Jacobian* $\partial Y/\partial W$: one number for
# every pair of an output and a weight. Let us take the formula at its word, and build it.


# %%
def jacobian_by_loops(X, W):
    (N, D), M = X.shape, W.shape[1]
    table = np.zeros((N, M, D, M))
    for n in range(N):
        for m in range(M):
            for d in range(D):
                table[n, m, d, m] = X[n, d]  # Y[n, m] sees only the weights of column m
    return table


rng = np.random.default_rng(4)
for size in (5, 10, 20, 40):
    X, W, upstream = (rng.normal(size=(size, size)) for _ in range(3))
    start = perf_counter()
    table = jacobian_by_loops(X, W)
    dW = np.tensordot(upstream, table, axes=2)
    milliseconds = 1e3 * (perf_counter() - start)
    print(
        f"{size:3d} examples, {W.size:5d} weights: {table.size:8d} local derivatives,"
        f" {100 * np.mean(table == 0):3.0f} % zero, {milliseconds:.1f} ms"
    )

# %% [markdown]
# **What to see.** Twice the size makes 16 times the table. Nearly all of it is 0. At the size of a
# real layer (256 examples, 1000 × 1000 weights) the table would have 256 thousand million entries,
# which is 2 terabytes, for a single layer. Keep the last `dW`: below, you will get it from one
# product of two matrices.

# %%
looped_dW, looped_X, looped_upstream = dW, X, upstream

# %% [markdown]
# ## The idea: carry the product, never the table
#
# A backward step does not need the Jacobian. It needs **upstream times the Jacobian**, and that has
# the shape of the input:
#
# ```text
#      X (N, D) ──►┌─────────────┐
#     dX (N, D) ◄┄┄│             │
#      W (D, M) ──►│ Y = X W + b │──► Y        (N, M)
#     dW (D, M) ◄┄┄│             │◄┄┄ upstream (N, M)
#      b (M,)   ──►│             │
#     db (M,)   ◄┄┄└─────────────┘
# ```
#
# So a backward step is a function from one small array to others. For each operation we find a
# short formula for it, once.

# %% [markdown]
# Read the picture from top to bottom, in pairs: **the gradient of a variable has the same shape as
# the variable.** $L$ is one number, so each entry of $W$ has one slope, and `dW` keeps it in the
# place of its entry. It is the cheapest check there is. Do it every time: `assert dW.shape ==
# W.shape`.

# %% [markdown]
# ## 1. Shapes first
#
# Small letters are numbers or vectors, capitals are matrices. The derivative
#
# - of a number by a vector $x$ with $n$ entries is a **gradient** with $n$ entries;
# - of a vector $y$ with $m$ entries by $x$ is a **Jacobian**, $m \times n$: entry $(i, j)$ is
#   $\partial y_i/\partial x_j$.
#
# An example: for $y = Wx$ we have $y_i = \sum_j W_{ij}x_j$, so $\partial y_i/\partial x_j =
# W_{ij}$. The Jacobian of a product with a matrix is the matrix itself.

# %%
W = np.array([[0.1, 0.5], [-0.3, 0.8], [0.0, 2.0]])
jacobian(lambda x: W @ x)(np.array([0.2, 0.4]))

# %% [markdown]
# **Tensors.** Nothing changes when there are more axes. The derivative of an array $Y$ by an array
# $X$ has an entry for every pair of their entries: its shape is the shape of $Y$ followed by the
# shape of $X$. The chain rule sums over *all* axes of the array in between. Written with shapes in
# place of indices, it is one line in NumPy: `np.tensordot(upstream, J, axes=upstream.ndim)`.

# %% [markdown]
# Some texts put the Jacobian the other way round, $n \times m$, and their formulas have transposes
# in other places. Two good ones to read beside this notebook: *The Matrix Calculus You Need For
# Deep Learning* (<https://explained.ai/matrix-calculus/index.html>), and the lecture's own [notes
# on gradients](https://www.cc.gatech.edu/classes/AY2020/cs7643_fall/slides/L5_gradients_notes.pdf).
# In both, look first for which order they use.


# %% nbgrader={"grade_id": "layer_shapes-stub", "solution": true}
def layer_shapes(x_shape, w_shape):
    """Shapes of everything that is derived at the layer Y = X @ W + b.

    Parameters
    ----------
    x_shape : tuple of int
        Shape of X: (N, D), or with more axes in front, such as (N, T, D). Its last axis meets W.
    w_shape : tuple of int
        Shape of W, (D, M). So b has shape (M,), and Y has X's shape with M in place of D.

    Returns
    -------
    dict of str to tuple of int
        "dX", "dW", "db": shapes of the gradients of one number L; "jacobian": shape of dY/dX, an
        entry for every pair of entries, not flattened.

    Hint: three of the four are copied from somewhere. `a + b` joins two tuples.

    >>> shapes = layer_shapes((3, 2), (2, 4))
    >>> shapes["dX"], shapes["dW"], shapes["db"]
    ((3, 2), (2, 4), (4,))
    >>> shapes["jacobian"]
    (3, 4, 3, 2)
    """
    ### BEGIN SOLUTION
    M = w_shape[1]
    y_shape = (*x_shape[:-1], M)
    return {"dX": x_shape, "dW": w_shape, "db": (M,), "jacobian": y_shape + x_shape}
    ### END SOLUTION


# %% nbgrader={"grade_id": "layer_shapes", "grade": true}
check(layer_shapes)

# %% [markdown]
# ## 2. Entry by entry: ReLU and its Jacobian
#
# ReLU keeps what is above 0, entry by entry: $y_i = \max(0, x_i)$. What is its Jacobian? Output $i$
# depends on input $i$ only, so every entry off the diagonal is 0. On the diagonal stands the slope:
# 1 where $x_i > 0$, and 0 where $x_i < 0$. Let us see it, once.

# %%
rng = np.random.default_rng(0)
x = rng.normal(size=12)
table = jacobian(lambda x: np.maximum(x, 0.0))(x)

figure, axes = plt.subplots(figsize=(4.5, 3.6))
axes.imshow(table, cmap="Greys")
axes.set_xticks(range(12), np.round(x, 2), rotation=90)
axes.set_xlabel("input $x_j$")
axes.set_ylabel("output $y_i$")
plots.show(figure, alt="White squares; on the diagonal, black ones under positive inputs.")

# %% [markdown]
# **What to see.** A black square is a 1, white is 0. Of 144 entries only the diagonal can be
# anything but 0, and there it is 1 under each positive input and 0 under each negative one. All
# that the table knows is in those twelve numbers: a mask.

# %% [markdown]
# Now with an upstream gradient, on eight inputs. Step with →: first each row, which says what an
# output depends on; then each column, which makes one entry of $dx$.

# %%
JacobianViewer(lambda x: np.maximum(x, 0.0), x[:8])

# %% [markdown]
# **What to see.** Each column has at most one entry that is not 0. So each entry of $dx$ is
# upstream times 1, or times 0, and the other seven products were for nothing.

# %%
units, batch = 4096, 100
for inputs in (units, batch * units):
    entries = inputs**2
    print(f"{inputs:,} inputs: {entries:,} entries, {8 * entries / 1e9:,.2f} GB as float64")

# %% [markdown]
# **What to see.** A layer with 4096 units has a Jacobian of 4096 × 4096 entries. Send a batch of
# 100 examples through it, and the Jacobian is 409,600 × 409,600: more than a terabyte of zeros, to
# say which of 409,600 numbers pass. Nobody ever builds it. Multiply upstream by the mask instead.
#
# At exactly 0 there is a kink. Any slope from 0 to 1 is accepted there; most libraries take 0.


# %% nbgrader={"grade_id": "relu_backward-stub", "solution": true}
def relu_backward(x, upstream):
    """Gradient of y = max(0, x), entry by entry.

    Parameters
    ----------
    x : array, of any shape
        What went in.
    upstream : array of the same shape
        dL/dy.

    Returns
    -------
    dx : array of the same shape
        dL/dx. Neither argument is changed.

    Hint: `x > 0` is the diagonal of the Jacobian, and it has the shape of x already.

    >>> relu_backward(np.array([1.0, -2.0, 3.0]), np.array([10.0, 20.0, -30.0]))
    array([ 10.,   0., -30.])
    """
    ### BEGIN SOLUTION
    return np.where(x > 0, upstream, 0.0)
    ### END SOLUTION


# %% nbgrader={"grade_id": "relu_backward", "grade": true}
check(relu_backward)

# %% [markdown]
# **Look.** Your mask against the full table, for the twelve inputs above:

# %%
upstream = rng.normal(size=12)
by_table, by_mask = upstream @ table, relu_backward(x, upstream)
print(f"largest difference {np.abs(by_table - by_mask).max():.1e}, 144 products against 12")

# %% [markdown]
# **What to see.** Not a digit differs: the 132 other products were all with 0.

# %% [markdown]
# ## 3. Broadcasting backward is a sum
#
# In `X + b`, with `X` of shape (2, 3) and `b` of shape (3,), NumPy writes `b` under every row. That
# is a copy gate (assignment 03): one value goes to several places. On the way back, what comes from
# those places **adds**.
#
# ```text
#   forward                      backward
#              ┌ b0 b1 b2           ┌  1   2   3 ┐
#   b0 b1 b2 ─►┤                    │ 10  20  30 ┘  upstream
#              └ b0 b1 b2           └─ sum ─► db = 11  22  33
# ```

# %% [markdown]
# NumPy broadcasts in two ways, and each leaves a trace in the shapes:
#
# | shape of the variable | shape of upstream | what NumPy did | what to do |
# |---|---|---|---|
# | (3,) | (2, 3) | put an axis in front | sum over it, the axis goes |
# | (2, 1) | (2, 3) | stretched an axis of length 1 | sum over it, the axis stays |
# | (3, 1) | (2, 3, 4) | both | both |

# %% [markdown]
# With `keepdims=True` the axis stays. The goal is always the rule of section 1: the gradient has
# the shape of its variable.


# %% nbgrader={"grade_id": "unbroadcast-stub", "solution": true}
def unbroadcast(upstream, shape):
    """Gradient of a variable that was broadcast.

    Parameters
    ----------
    upstream : array
        Gradient of the variable after it was broadcast.
    shape : tuple of int
        Shape of the variable before. It may be (), or equal to upstream's shape.

    Returns
    -------
    dx : array of that shape

    Hint: first sum over the axes in front, as many as upstream has too many. Then over every axis
    where `shape` says 1, with keepdims=True. `sum(axis=())` sums over nothing.

    >>> upstream = np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]])
    >>> unbroadcast(upstream, (3,))
    array([11., 22., 33.])
    >>> unbroadcast(upstream, (2, 1))
    array([[ 6.],
           [60.]])
    """
    ### BEGIN SOLUTION
    added = upstream.ndim - len(shape)
    dx = upstream.sum(axis=tuple(range(added)))
    stretched = tuple(axis for axis, length in enumerate(shape) if length == 1)
    return dx.sum(axis=stretched, keepdims=True)
    ### END SOLUTION


# %% nbgrader={"grade_id": "unbroadcast", "grade": true}
check(unbroadcast)

# %% [markdown]
# **Look.** With it, the entry-by-entry rules of assignment 03 work for all shapes. In $Y = X \cdot
# s$ each row is scaled by its own number, so $s$ has shape (4, 1). The multiply gate swaps, and
# then broadcasting is undone:

# %%
X, s, upstream = rng.normal(size=(4, 3)), rng.normal(size=(4, 1)), rng.normal(size=(4, 3))
swapped = upstream * X
ds = unbroadcast(swapped, s.shape)
print(f"upstream × X has shape {swapped.shape}, ds has shape {ds.shape}")

step = 1e-6
for row in range(4):
    moved = s.copy()
    moved[row] += step
    slope = np.sum(upstream * (X * moved - X * s)) / step
    print(f"ds[{row}] = {ds[row, 0]:9.6f}, by moving s[{row}] a little: {slope:9.6f}")

# %% [markdown]
# **What to see.** Each number of $s$ was used three times, once in each column. Its gradient is the
# sum of three, and moving it says the same.

# %% [markdown]
# ## 4. The squared length of Wx
#
# The example of the lecture: $f = \|Wx\|^2$, in two steps, $q = Wx$ and $f = \sum_i q_i^2$, with
#
# $$W = \begin{pmatrix}0.1 & 0.5\\ -0.3 & 0.8\end{pmatrix}, \qquad x = \begin{pmatrix}0.2\\
# 0.4\end{pmatrix}.$$
#
# Take a sheet of paper: what are $q$ and $f$?


# %%
def squared_norm(W, x):
    q = name(W @ x, "q = Wx")
    return name(np.sum(q**2), "f = Σ q²")


W, x = np.array([[0.1, 0.5], [-0.3, 0.8]]), np.array([0.2, 0.4])
trace(squared_norm, W, x)

# %% [markdown]
# **What to see.** Forward: $q = (0.22, 0.26)$ and $f = 0.116$. Backward, the square gives
# $\partial f/\partial q_i = 2q_i$, so $q$ gets $(0.44, 0.52)$. And every gradient has the shape of
# the box that it stands in.

# %% [markdown]
# The last step goes through $q_i = \sum_j W_{ij}x_j$. Ask who uses what:
#
# - $W_{ij}$ is used in $q_i$ only, times $x_j$: $\;\partial f/\partial W_{ij} = 2q_i\,x_j$;
# - $x_j$ is used in **every** $q_i$, times $W_{ij}$, and the parts add:
#   $\;\partial f/\partial x_j = \sum_i 2q_i\,W_{ij}$.
#
# Now write both without indices. The first is a table of all products of two vectors, the second a
# sum over the *rows* of $W$.

# %% [markdown]
# **A trick.** Forgot the formula? Let the shapes find it. If $W$ is $5 \times 3$, then $q$ has 5
# entries and $x$ has 3. `dx` must have 3, and from a $5 \times 3$ matrix and 5 numbers you get 3
# numbers in one way only. The trick needs a matrix that is not square. With $2 \times 2$, as here,
# $W$ and $W^\top$ both fit, and one of them is wrong.


# %% nbgrader={"grade_id": "squared_norm_backward-stub", "solution": true}
def squared_norm_backward(W, x, upstream):
    """Gradients of f = sum((W @ x) ** 2).

    Parameters
    ----------
    W : array, shape (m, n)
    x : array, shape (n,)
    upstream : float
        dL/df.

    Returns
    -------
    dW : array, shape (m, n)
    dx : array, shape (n,)

    Hint: compute q and dq first. `np.outer(a, b)` has a[i] * b[j] at [i, j], and `A.T` is the
    transpose of A.

    >>> W, x = np.array([[0.1, 0.5], [-0.3, 0.8]]), np.array([0.2, 0.4])
    >>> dW, dx = squared_norm_backward(W, x, 1.0)
    >>> dW.round(3).tolist()
    [[0.088, 0.176], [0.104, 0.208]]
    >>> dx.round(3).tolist()
    [-0.112, 0.636]
    """
    ### BEGIN SOLUTION
    q = W @ x
    dq = upstream * 2.0 * q
    return np.outer(dq, x), W.T @ dq
    ### END SOLUTION


# %% nbgrader={"grade_id": "squared_norm_backward", "grade": true}
check(squared_norm_backward)

# %% [markdown]
# ## 5. The affine layer
#
# The layer of every network: $Y = XW + b$. $X$ holds a **batch**, one example in each row, and $b$
# is broadcast to all rows. In indices:
#
# $$Y_{nm} = \sum_d X_{nd}\,W_{dm} + b_m.$$
#
# First the forward pass. One line does all examples at once.


# %% nbgrader={"grade_id": "affine_forward-stub", "solution": true}
def affine_forward(X, W, b):
    """The affine layer Y = X W + b.

    Parameters
    ----------
    X : array, shape (N, D)
        One example in each row.
    W : array, shape (D, M)
    b : array, shape (M,)

    Returns
    -------
    Y : array, shape (N, M)

    Hint: `@` is the product of matrices, `*` multiplies entry by entry.

    >>> X = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    >>> W = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 3.0]])
    >>> affine_forward(X, W, np.array([0.5, 0.0, -0.5])).tolist()
    [[1.5, 2.0, 7.5], [3.5, 4.0, 17.5], [5.5, 6.0, 27.5]]
    """
    ### BEGIN SOLUTION
    return X @ W + b
    ### END SOLUTION


# %% nbgrader={"grade_id": "affine_forward", "grade": true}
check(affine_forward)

# %% [markdown]
# Now backward. Ask again who uses what. With $G$ for upstream, of shape $(N, M)$:
#
# - $X_{nd}$ is used in all outputs of **its** example:
#   $\;\partial L/\partial X_{nd} = \sum_m G_{nm}W_{dm}$;
# - $W_{dm}$ is used in output $m$ of **every** example:
#   $\;\partial L/\partial W_{dm} = \sum_n X_{nd}G_{nm}$;
# - $b_m$ likewise: $\;\partial L/\partial b_m = \sum_n G_{nm}$.

# %% [markdown]
# Each sum runs over the index that the two factors share. A product of matrices does just that, if
# the shared index is the last of the first factor and the first of the second. Where it is not,
# transpose.

# %%
layer_X, layer_W, layer_b = rng.normal(size=(4, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)
products = {"G Wᵀ": ("(4, 2)(2, 3)", "dX"), "Xᵀ G": ("(3, 4)(4, 2)", "dW")}
for product, (shapes, gradient) in products.items():
    print(f"{gradient}: {product} has shapes {shapes}")

# %% [markdown]
# **What to see.** With 4 examples, 3 inputs and 2 outputs, the shapes fit together like dominoes,
# and what is left at the ends is the shape of the gradient.
#
# Note what is *not* there: no $1/N$. The sum over examples is what the layer does. If the loss is a
# mean, its $1/N$ has arrived in upstream already, and doing it again would be once too often.


# %% nbgrader={"grade_id": "affine_backward-stub", "solution": true}
def affine_backward(X, W, upstream):
    """Gradients of the affine layer Y = X W + b. The value of b is not needed.

    Parameters
    ----------
    X : array, shape (N, D)
        One example in each row.
    W : array, shape (D, M)
    upstream : array, shape (N, M)
        dL/dY.

    Returns
    -------
    dX : array, shape (N, D)
    dW : array, shape (D, M)
    db : array, shape (M,)

    Hint: write the shapes of X, W and upstream on paper, and play dominoes. b was broadcast to
    every row: section 3.

    >>> X = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    >>> W = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 3.0]])
    >>> dX, dW, db = affine_backward(X, W, np.eye(3))
    >>> dX.tolist(), dW.tolist(), db.tolist()
    ([[1.0, 0.0], [0.0, 1.0], [2.0, 3.0]], [[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]], [1.0, 1.0, 1.0])
    """
    ### BEGIN SOLUTION
    return upstream @ W.T, X.T @ upstream, upstream.sum(axis=0)
    ### END SOLUTION


# %% nbgrader={"grade_id": "affine_backward", "grade": true}
check(affine_backward)

# %% [markdown]
# **Look.** The `dW` of the long way, with its table of 40 × 40 × 40 × 40 local derivatives, next to
# yours:

# %%
seconds = []
for _ in range(20):
    start = perf_counter()
    _, dW, _ = affine_backward(looped_X, np.zeros((40, 40)), looped_upstream)
    seconds.append(perf_counter() - start)
difference = np.abs(dW - looped_dW).max()
print(f"largest difference {difference:.1e}, in {1e6 * min(seconds):.0f} microseconds")

# %% [markdown]
# **What to see.** The same numbers to the last digits, thousands of times faster, and no table. The
# backward pass of a layer costs two products of matrices, the forward pass one. So a gradient of
# *all* weights costs about as much as two forward passes, however many weights there are.

# %% [markdown]
# Entry by entry, with small whole numbers: step with → and see for each entry of `db`, `dW` and
# `dX` which numbers are multiplied, and what is summed. Work out an entry before you take its step.
# Then change the number of examples: which of the gradients keep their shape?

# %%
BroadcastViewer(examples=3, inputs=2, outputs=4)

# %% [markdown]
# **What to see.** `db` and `dW` sum over the **examples**: each example uses the same `b` and `W`.
# `dX` sums over the **outputs** of its own example. With more examples, the first two keep their
# shape and have longer sums; `dX` gets more rows.

# %% [markdown]
# ### In your own words
#
# Answer in five to eight sentences:
#
# 1. ReLU takes a batch of 100 examples, 4096 entries each. How many entries has its full Jacobian,
#    how many of them can differ from 0, and what do we use instead?
# 2. Why does a backward step never need the Jacobian itself?
# 3. A friend's layer has 64 inputs and 64 outputs, and `dX = upstream @ W`. "All shapes are right,
#    so the gradient is right." What do you answer, and how could one find the mistake?

# %% [markdown] nbgrader={"grade_id":"explain_jacobian","grade":true,"solution":true,"points":3}
# ### BEGIN SOLUTION
# The input has 409,600 entries and so has the output, so the Jacobian has 409,600² entries, about
# 1.7 × 10¹¹. Only the 409,600 on the diagonal can differ from 0, because each output depends on its
# own input alone; we multiply upstream by the mask x > 0. A backward step is asked for the gradient
# of one number L by its input, and that is upstream times the Jacobian, an array of the input's
# shape: the product can be computed by a short formula without making the factor. The friend's
# shapes agree only because W is square: right is `upstream @ W.T`, and W and W.T have the same
# shape here. A right shape is necessary and not sufficient. Trying 64 inputs and 32 outputs raises
# an error, and a comparison with a numerical gradient shows it for any size.
#
# **For the grader.** One point for each question. (1) 409,600² (or about 1.7 × 10¹¹), 409,600 on
# the diagonal, a mask; half a point if the numbers are those of a single example. (2) It only needs
# the product with upstream, which has the input's shape; "it is too large" alone is half a point.
# (3) W is square, so the shape cannot tell W from its transpose; and one way to find it: sizes that
# differ, or a numerical gradient.
# ### END SOLUTION

# %% [markdown]
# ## 6. Rows looked up in a table
#
# Words enter a network as numbers: word 17 is row 17 of a table of vectors. The forward step only
# picks rows, `Y = table[index]`. The same row may be picked several times, as a word may occur
# several times in a text. That is a copy again, so on the way back the parts **add**, and rows that
# nobody picked get 0.

# %% [markdown]
# There is a trap here. It looks right, runs without an error, and loses gradients:

# %%
index, ones = np.array([2, 0, 2]), np.ones(3)

counts = np.zeros(4)
counts[index] += ones
print("counts[index] += 1      ", counts)

# %% [markdown]
# **What to see.** Row 2 was picked twice, and its count is 1. NumPy reads `counts[index]` once,
# adds, and writes the result back: row 2 is written twice, each time with 0 + 1. Two ways out: a
# loop over the positions, or `np.add.at(array, index, values)`, which adds one after the other.


# %% nbgrader={"grade_id": "gather_backward-stub", "solution": true}
def gather_backward(rows, index, upstream):
    """Gradient of Y = table[index].

    Parameters
    ----------
    rows : int
        Number of rows of the table.
    index : array of int, shape (N,)
        Which row was picked for each row of Y, from 0 to rows - 1, with repeats.
    upstream : array, shape (N, D)
        dL/dY.

    Returns
    -------
    dtable : array, shape (rows, D)

    Hint: start with zeros. Row k of upstream belongs to row index[k].

    >>> upstream = np.array([[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]])
    >>> gather_backward(4, np.array([2, 0, 2]), upstream).tolist()
    [[10.0, 20.0], [0.0, 0.0], [101.0, 202.0], [0.0, 0.0]]
    """
    ### BEGIN SOLUTION
    dtable = np.zeros((rows, upstream.shape[1]))
    np.add.at(dtable, index, upstream)
    return dtable
    ### END SOLUTION


# %% nbgrader={"grade_id": "gather_backward", "grade": true}
check(gather_backward)

# %% [markdown]
# ## 7. Softmax: a Jacobian that is not diagonal
#
# A classifier gives each class a score. *Softmax* turns a row of scores into shares that are
# positive and add up to 1:
#
# $$p_i = \frac{e^{s_i}}{\sum_j e^{s_j}}.$$
#
# Raise one score, and its share grows. But the shares must add up to 1, so all *other* shares of
# the row shrink. Every output depends on every input of its row:
#
# $$\frac{\partial p_i}{\partial s_j} = \begin{cases} p_i(1 - p_i) & i = j\\ -p_i\,p_j & i \neq
# j\end{cases}$$


# %%
def softmax(scores):
    """Shares of each row. The largest score is taken off first: that changes nothing but safety."""
    exp = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    return exp / np.sum(exp, axis=-1, keepdims=True)


scores = np.array([[1.0, 2.0, 0.0, -1.0], [0.0, 0.5, 0.0, 1.0], [3.0, -1.0, 0.0, 0.0]])
table = jacobian(softmax)(scores).reshape(12, 12)

figure, axes = plt.subplots(figsize=(4.6, 3.8))
image = axes.imshow(table, cmap="RdBu", vmin=-0.25, vmax=0.25)
axes.set_xlabel("score: example, class")
axes.set_ylabel("share: example, class")
axes.set_xticks(range(12), [f"{n},{c}" for n in range(3) for c in range(4)], fontsize=7)
axes.set_yticks(range(12), [f"{n},{c}" for n in range(3) for c in range(4)], fontsize=7)
figure.colorbar(image)
plots.show(figure, alt="Three blocks on the diagonal, blue on their own diagonal, else red.")

# %% [markdown]
# **What to see.** Three blocks, one for each example: examples do not see each other. Inside a
# block, the diagonal is blue (a share grows with its own score) and the rest is red (it shrinks
# with the others'). Each row and each column of a block adds up to 0. Whoever keeps only the
# diagonal drops all that is red.

# %% [markdown]
# Now multiply upstream by a block, without making it. Put the two cases together:
#
# $$\frac{\partial L}{\partial s_j} = \sum_i g_i \frac{\partial p_i}{\partial s_j}
# = g_j\,p_j - p_j\sum_i g_i\,p_i.$$
#
# The sum at the end is one number for each row. In words: each score compares its own upstream with
# the average upstream of its row, weighted by the shares.


# %% nbgrader={"grade_id": "softmax_backward-stub", "solution": true}
def softmax_backward(p, upstream):
    """Gradient of softmax, row by row, from its output.

    Parameters
    ----------
    p : array, shape (N, C)
        What came out: positive shares that add up to 1 in each row.
    upstream : array, shape (N, C)
        dL/dp.

    Returns
    -------
    dscores : array, shape (N, C)

    Hint: the sum over i gives one number a row. With keepdims=True it broadcasts back.

    >>> softmax_backward(np.array([[0.5, 0.25, 0.25]]), np.array([[1.0, 0.0, 0.0]])).tolist()
    [[0.25, -0.125, -0.125]]
    """
    ### BEGIN SOLUTION
    average = np.sum(upstream * p, axis=1, keepdims=True)
    return p * (upstream - average)
    ### END SOLUTION


# %% nbgrader={"grade_id": "softmax_backward", "grade": true}
check(softmax_backward)

# %% [markdown]
# ## 8. Logistic regression: p minus y
#
# Two classes, $y = 0$ or $y = 1$. A linear score goes through the sigmoid, $z = Xw + b$ and $p =
# \sigma(z)$, and the loss is the mean *cross-entropy*:
#
# $$L = -\frac1N \sum_n \bigl(y_n \log p_n + (1 - y_n)\log(1 - p_n)\bigr).$$
#
# Go back from the right, for one example. The logarithm gives $\partial L/\partial p = (p -
# y)/(p(1-p))$. The sigmoid multiplies by its slope $p(1 - p)$. They cancel:
#
# $$\frac{\partial L}{\partial z_n} = \frac{1}{N}\,(p_n - y_n).$$
#
# Prediction minus label. Nothing could be simpler.

# %%
z = np.linspace(-6, 6, 241)
p = 1.0 / (1.0 + np.exp(-z))

figure, axes = plt.subplots(1, 2, figsize=(8, 3), sharex=True)
axes[0].plot(z, -np.log(p), label="cross-entropy")
axes[0].plot(z, (1 - p) ** 2, "--", label="squared error")
axes[1].plot(z, p - 1, label="cross-entropy: p − 1")
axes[1].plot(z, 2 * (p - 1) * p * (1 - p), "--", label="squared error: 2(p − 1)·p(1 − p)")
axes[0].set_title("loss, for y = 1")
axes[1].set_title("its slope")
for panel in axes:
    panel.set_xlabel("z")
    panel.legend(fontsize=7)
plots.show(figure, alt="On the far left, the squared error is flat and cross-entropy steep.")

# %% [markdown]
# **What to see.** Far on the left the neuron is sure and wrong. There the squared error is flat:
# the slope of the sigmoid kills its gradient, just when it is needed most. Cross-entropy has a
# slope of nearly −1 there. This is why classifiers use it, and why an extra $p(1 - p)$ in your
# gradient is a mistake that hurts.
#
# From $z$ on, it is the affine layer of section 5 with a single output.


# %% nbgrader={"grade_id": "logistic_backward-stub", "solution": true}
def logistic_backward(X, w, b, y):
    """Gradients of the mean cross-entropy of p = sigmoid(X w + b).

    Parameters
    ----------
    X : array, shape (N, D)
    w : array, shape (D,)
    b : float
    y : array, shape (N,)
        Labels, 0.0 or 1.0.

    Returns
    -------
    dw : array, shape (D,)
    db : float

    Hint: start with dz, of shape (N,), with its 1/N. Then no further 1/N is needed.

    >>> X, y = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([1.0, 0.0])
    >>> dw, db = logistic_backward(X, np.zeros(2), 0.0, y)
    >>> dw.tolist(), float(db)
    ([0.5, -0.75], 0.0)
    """
    ### BEGIN SOLUTION
    p = 1.0 / (1.0 + np.exp(-(X @ w + b)))
    dz = (p - y) / len(y)
    return X.T @ dz, np.sum(dz)
    ### END SOLUTION


# %% nbgrader={"grade_id": "logistic_backward", "grade": true}
check(logistic_backward)

# %% [markdown]
# ## 9. Softmax and cross-entropy: p minus y again
#
# With more than two classes, $y_n$ is the number of the right class. The loss is the mean of the
# negative logarithm of the right class's share:
#
# $$L = -\frac1N\sum_n \log p_{n,y_n}.$$
#
# Send it back through the softmax of section 7. Only $g_{y} = -1/p_y$ differs from 0, so the
# average $\sum_i g_i p_i$ is $-1$, and
#
# $$\frac{\partial L}{\partial s_{nj}} = \frac1N\bigl(p_{nj} - [j = y_n]\bigr).$$
#
# The bracket is 1 in the column of the right class and 0 elsewhere. So: the shares, minus 1 in one
# place of each row.

# %%
scores = np.array([[1.0, 2.0, 0.0, -1.0]])
shares, target = softmax(scores)[0], np.array([0.0, 0.0, 1.0, 0.0])

figure, axes = plt.subplots(1, 3, figsize=(8, 2.4), sharey=True)
for panel, values, title in zip(
    axes,
    (shares, target, shares - target),
    ("shares p", "label y = 2", "gradient p − y"),
    strict=True,
):
    panel.bar(range(4), values)
    panel.axhline(0, color="black", linewidth=0.8)
    panel.set_title(title)
    panel.set_xticks(range(4))
    panel.set_xlabel("class")
plots.show(figure, alt="Bars for four classes; p − y is below 0 at class 2 alone.")

# %% [markdown]
# **What to see.** A step *against* the gradient raises the score of class 2 and lowers the others,
# most of all class 1, which is most wrongly sure. The bars of the gradient add up to 0: the scores
# are pushed apart, not up or down together.

# %% [markdown]
# **Large scores.** $e^{1000}$ is infinite in floating point, and infinite divided by infinite is
# not a number. But softmax only depends on differences of scores. Take the largest score of each
# row off first: then the largest exponent is 0, and nothing overflows. For the loss, do not take
# the logarithm of a share that may have become 0. With the shifted scores $t$, use
#
# $$-\log p_y = \log\Bigl(\sum_j e^{t_j}\Bigr) - t_y.$$


# %% nbgrader={"grade_id": "softmax_cross_entropy-stub", "solution": true}
def softmax_cross_entropy(scores, y):
    """Mean cross-entropy of softmax(scores), and its gradient.

    Parameters
    ----------
    scores : array, shape (N, C)
        Of any size, also in the thousands.
    y : array of int, shape (N,)
        The right class of each example, from 0 to C - 1.

    Returns
    -------
    loss : float
    dscores : array, shape (N, C)

    Hint: `t[np.arange(N), y]` picks from each row the entry of its right class, for reading and for
    writing.

    >>> loss, dscores = softmax_cross_entropy(np.log([[0.5, 0.25, 0.25]]), np.array([0]))
    >>> round(float(loss), 6), dscores.round(6).tolist()
    (0.693147, [[-0.5, 0.25, 0.25]])
    """
    ### BEGIN SOLUTION
    N = len(scores)
    t = scores - np.max(scores, axis=1, keepdims=True)
    total = np.sum(np.exp(t), axis=1)
    loss = np.mean(np.log(total) - t[np.arange(N), y])
    dscores = np.exp(t) / total[:, np.newaxis]
    dscores[np.arange(N), y] -= 1.0
    return loss, dscores / N
    ### END SOLUTION


# %% nbgrader={"grade_id": "softmax_cross_entropy", "grade": true}
check(softmax_cross_entropy)

# %% [markdown]
# ## 10. The multiclass hinge
#
# The support vector machine asks for less. It does not want the right class to have all the shares.
# It wants it to be ahead of every other class by a *margin* of 1, and then it is content:
#
# $$L = \frac1N\sum_n\sum_{j \neq y_n} \max(0, m_{nj}), \qquad m_{nj} = s_{nj} - s_{n,y_n} + 1.$$

# %% [markdown]
# An example: scores 3, 2.5, −1, and class 0 is right. Class 1 is behind by 0.5 only, so its margin
# is $2.5 - 3 + 1 = 0.5$ and counts. Class 2 is far behind, its margin is −3 and counts 0. The loss
# is 0.5.

# %% [markdown]
# Backward, a max routes. A margin that is above 0 gets $1/N$ and hands it to its two scores: $+1/N$
# to $s_j$ and $-1/N$ to $s_y$. So
#
# - each *wrong* class has $1/N$ if its margin is above 0, else 0;
# - the *right* class has $-1/N$ **times the number of margins above 0**: it is used in all of them,
#   and gradients add.
#
# In the example: −1, 1, 0. At a margin of exactly 0, either side is accepted.


# %% nbgrader={"grade_id": "svm_loss-stub", "solution": true}
def svm_loss(scores, y):
    """Multiclass hinge loss with margin 1, mean over the examples, and its gradient.

    Parameters
    ----------
    scores : array, shape (N, C)
    y : array of int, shape (N,)
        The right class of each example.

    Returns
    -------
    loss : float
    dscores : array, shape (N, C)

    Hint: compute all margins at once, then set those of the right class to 0. The mask
    `margins > 0` is most of the gradient already.

    >>> loss, dscores = svm_loss(np.array([[3.0, 2.5, -1.0]]), np.array([0]))
    >>> float(loss), dscores.tolist()
    (0.5, [[-1.0, 1.0, 0.0]])
    """
    ### BEGIN SOLUTION
    N = len(scores)
    rows = np.arange(N)
    margins = scores - scores[rows, y][:, np.newaxis] + 1.0
    margins[rows, y] = 0.0
    loss = np.sum(np.maximum(margins, 0.0)) / N
    dscores = (margins > 0).astype(float)
    dscores[rows, y] = -np.sum(dscores, axis=1)
    return loss, dscores / N
    ### END SOLUTION


# %% nbgrader={"grade_id": "svm_loss", "grade": true}
check(svm_loss)

# %% [markdown]
# **Look.** Two classes. How far must the right one be ahead?

# %%
lead = np.linspace(-3, 4, 141)
pairs = np.stack([lead, np.zeros_like(lead)], axis=1)
hinge = [svm_loss(pair[np.newaxis], np.array([0]))[0] for pair in pairs]
entropy = [softmax_cross_entropy(pair[np.newaxis], np.array([0]))[0] for pair in pairs]

figure, axes = plt.subplots(figsize=(5.5, 3))
axes.plot(lead, entropy, label="softmax cross-entropy")
axes.plot(lead, hinge, "--", label="hinge")
axes.axvline(1, color="grey", linewidth=0.8)
axes.set_xlabel("lead of the right class, $s_y - s_j$")
axes.set_ylabel("loss of one example")
axes.legend()
plots.show(figure, alt="Both losses fall with the lead; only the hinge is 0 from 1 on.")

# %% [markdown]
# **What to see.** Both pull hard where the right class is behind. From a lead of 1 on, the hinge is
# 0 and so is its gradient: that example is done. Cross-entropy is never quite done, its gradient
# only gets small.

# %% [markdown]
# ## 11. All of it together
#
# A classifier for handwritten digits: one affine layer, from 64 pixels to 10 scores, and a loss.
# The images are real, 8 × 8 pixels, 1437 to learn from and 360 to test on (`course/data/README.md`
# says where they come from). Each step is four lines, and all of them are yours.


# %%
(train_images, train_labels), (test_images, test_labels) = digits_split()


def train_linear(loss_function, rate, steps=300):
    W, b = np.zeros((64, 10)), np.zeros(10)
    print(loss_function.__name__)
    for step in range(steps):
        scores = affine_forward(train_images, W, b)
        loss, dscores = loss_function(scores, train_labels)
        _, dW, db = affine_backward(train_images, W, dscores)
        W, b = W - rate * dW, b - rate * db
        if step % 100 == 0:
            print(f"  step {step:3d}: loss {loss:.3f}")
    return W, b


def accuracy(W, b):
    scores = affine_forward(test_images, W, b)
    return np.mean(np.argmax(scores, axis=1) == test_labels)


rates = {softmax_cross_entropy: 1.0, svm_loss: 0.1}
learned = {each.__name__: train_linear(each, rate) for each, rate in rates.items()}
scored = {loss: accuracy(*parameters) for loss, parameters in learned.items()}
for loss, share in scored.items():
    print(f"{loss}: {100 * share:.1f} % of the test digits are right")

# %% [markdown]
# One affine layer, trained with gradients that you wrote, reads more than nine of ten digits. What
# has it learned? Column $c$ of $W$ has one weight for each pixel. Here they are, as pictures:

# %%
W, _ = learned["softmax_cross_entropy"]
limit = np.abs(W).max()

figure, axes = plt.subplots(2, 5, figsize=(7, 3.2))
for digit, panel in enumerate(axes.flat):
    panel.imshow(W[:, digit].reshape(8, 8), cmap="RdBu", vmin=-limit, vmax=limit)
    panel.set_title(digit)
    panel.axis("off")
plots.show(figure, alt="Ten pictures of 8 × 8 weights, one for each digit, in blue and red.")

# %% [markdown]
# **What to see.** Blue pixels speak for the digit, red ones against it. The 0 is a blue ring with a
# red hole: ink in the middle is strong evidence that it is *not* a 0. Each class has one single
# picture to compare with. To do better, a network needs a layer that finds strokes first. That is
# assignment 05.

# %% [markdown]
# ## Recap
#
# - A gradient has **the shape of its variable**. Check it, always.
# - A backward step computes upstream × Jacobian, and never the Jacobian.
# - Entry by entry: multiply by the slopes. Broadcast or picked twice: **sum**.
# - $Y = XW + b$: $\;dX = GW^\top$, $\;dW = X^\top G$, $\;db = \sum_n G_n$.
# - Cross-entropy after sigmoid or softmax: $p - y$, over $N$.
# - Test with shapes that are not square, and with more than one example.

# %% [markdown]
# ### What the lectures said
#
# The lecture on vectorised gradients has the notation, ReLU from 4096 to 4096 with its diagonal
# Jacobian, and the derivatives of logistic regression. The one on multi-layer perceptrons has the
# vectorised operations, the example $\|Wx\|^2$, the rule about shapes, and the SVM. Softmax with
# cross-entropy is where the loss of the gradient-descent slide comes from.

# %% [markdown]
# **A slip to know.** The lecture on vectorised gradients sums up: backpropagation is gradient
# descent plus the chain rule. That is one part too many. In section 11, `affine_backward` is
# backpropagation; the line with `rate` is gradient descent. You could use the same gradients with
# any other way to move, or none at all.

# %% [markdown]
# **A convention to know.** The lecture draws one example as a column, $y = Wx$. Here, a batch is
# rows, $Y = XW$, so this $W$ is the transpose of that one. Assignment 05 has both side by side.
