# %% [markdown]
# # 02 Computational graphs
#
# The chain rule tells how to get a derivative. Somebody still has to apply it, step by step,
# without a slip. That can be a computer. All it needs is the computation written down as a
# **graph**, and one short algorithm.

# %% [markdown]
# When you are done, you will be able to
#
# - take a formula apart into a graph of small operations;
# - carry values forward and gradients back through it, by hand;
# - write layers that remember what their backward step needs;
# - write the two algorithms that do it for *any* graph, and say why they use a table;
# - build the derivative as a graph of its own, and differentiate that again.

# %% [markdown]
# ## How to work with this notebook
#
# Some cells end in `raise NotImplementedError()`. Those are yours: replace that line by your code,
# and run the cell. Then run the check below it, as often as you like. A check says what is right,
# what is not, and where to read again. Nothing is counted before you hand in.

# %% [markdown]
# The sections do not need each other, so if you are stuck, go on and come back. A cell below a
# check that uses your code stops with NotImplementedError until the code is there; that does no
# harm. All of it takes about two hours.

# %%
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np

from course import check, plots
from course.autodiff import grad, name, trace
from course.widgets import GraphStepper

# %% [markdown]
# ## The long way
#
# Here is a function that is easy to compute. Start with $u = 0.5$, and ten times over, replace $u$
# by $\sin u + u^2$. What is its derivative? Write the function out as one formula, and
# differentiate that. After two of the ten rounds the formula is
#
# $$\sin\bigl(\sin u + u^2\bigr) + \bigl(\sin u + u^2\bigr)^2.$$

# %% [markdown]
# Each round writes the whole formula down **twice**. So after ten rounds it has $2^{10} = 1024$
# copies of $u$, and its derivative is longer still. Let us measure how long:

# %%
formula = derivative = 1  # how often u is written down
for rounds in range(1, 11):
    # (sin v + v²)′ = cos v · v′ + 2 · v · v′, where v stands for the formula so far
    formula, derivative = 2 * formula, 2 * (formula + derivative)
    if rounds in (1, 2, 3, 5, 10):
        print(f"{rounds:2d} rounds: u stands {formula:5d} times in f, {derivative:6d} times in f′")

# %% [markdown]
# **What to see.** Both double, and more. Yet the *computation* has only ten rounds of three steps.
# The formula forgets that its two copies are the same thing. A graph does not.

# %% [markdown]
# ## The idea: write down the steps
#
# A **computational graph** has a box, or *node*, for each value, and an arrow to it from each value
# that it was made of. The ones it was made of are its **parents**.
#
# ```text
#  x ──┐
#      ├──►[ + ]── q ──┐
#  y ──┘               ├──►[ × ]── f     values go →
#  z ──────────────────┘                 gradients come ←
# ```
#
# Arrows never run in a circle, since nothing is made of itself. So it is a *directed acyclic
# graph*, a DAG. **Any** DAG of differentiable pieces will do.

# %% [markdown]
# There are two steps to any derivative, then:
#
# 1. **take the function apart**, and find the local gradient of each small part;
# 2. let **one general algorithm** multiply and add them along the graph.
#
# The first half of this notebook does it by hand, the second half writes the algorithm.

# %% [markdown]
# ## 1. Take it apart
#
# This function uses a product twice:
#
# $$f(x, y) = (x\,y + y)\cdot e^{-x\,y}$$
#
# Taken apart, each line makes one new value from those above it, with *one* operation. A value that
# is used twice is computed once:
#
# ```text
#     p  the product of x and y
#     s  p and y, added
#     n  minus p
#     e  the exponential of n
#     f  s and e, multiplied
# ```


# %% nbgrader={"grade_id": "decompose-stub", "solution": true}
def decompose(x, y):
    """All values on the way to f = (x * y + y) * exp(-x * y), one operation each.

    Parameters
    ----------
    x, y : float, or array
        Arrays have one common shape and are taken entry by entry.

    Returns
    -------
    p, s, n, e, f : float, or array of that shape
        As in the list above.

    Hint: five lines, and a return with five names.

    >>> [round(float(value), 4) for value in decompose(2.0, 0.5)]
    [1.0, 1.5, -1.0, 0.3679, 0.5518]
    """
    ### BEGIN SOLUTION
    p = x * y
    s = p + y
    n = -p
    e = np.exp(n)
    f = s * e
    return p, s, n, e, f
    ### END SOLUTION


# %% nbgrader={"grade_id": "decompose", "grade": true}
check(decompose)

# %% [markdown]
# **Look.** `trace` follows any function and draws the graph. Here it follows yours.


# %%
def named(x, y):
    p, s, n, e, f = decompose(x, y)
    for value, label in ((p, "p"), (s, "s"), (n, "n"), (e, "e"), (f, "f")):
        name(value, label)
    return f


trace(named, 2.0, 0.5)

# %% [markdown]
# **What to see.** Seven boxes, and two lines leave $p$: it is one box, used twice. Each box has its
# value and its gradient, which is how fast $f$ changes with it. The number on a line is the local
# gradient of that one step. You will produce all these numbers yourself.

# %% [markdown]
# ## 2. One module, forwards and backwards
#
# A part with parameters of its own is called a **module**. All modules look alike from outside:
#
# ```text
#                    forward: out = f(x; w)
#                       ┌─────────────┐
#                x ────►│             │────► out
#   dL/dx = up · ∂out/∂x│      w      │
#                  ◄┄┄┄┄│             │◄┄┄┄┄ up = dL/dout
#                       └──────┬──────┘
#                              ▼
#                  dL/dw = up · ∂out/∂w
# ```
#
# Forward, it makes its output. Backward, it is given the **upstream** gradient, and makes two
# things of it: the gradient of its input, to hand on, and that of its parameter, to learn from.

# %% [markdown]
# Annotate this one: $\text{out} = w\,x^2$. For the local gradient of $x$ hold $w$ still, and the
# other way round.


# %% nbgrader={"grade_id": "annotate-stub", "solution": true}
def annotate(x, w, upstream):
    """All that there is to write at the module out = w * x**2.

    Parameters
    ----------
    x, w : float, or array
        Input and parameter. Arrays have one common shape and are taken entry by entry.
    upstream : float, or array of that shape
        dL/dout.

    Returns
    -------
    out : float, or array of that shape
        The forward value.
    local_x, local_w : float, or array of that shape
        The local gradients ∂out/∂x and ∂out/∂w.
    dx, dw : float, or array of that shape
        dL/dx and dL/dw.

    Hint: the last two are one product each.

    >>> annotate(3.0, 0.5, -2.0)
    (4.5, 3.0, 9.0, -6.0, -18.0)
    """
    ### BEGIN SOLUTION
    out = w * x**2
    local_x = 2.0 * w * x
    local_w = x**2
    return out, local_x, local_w, upstream * local_x, upstream * local_w
    ### END SOLUTION


# %% nbgrader={"grade_id": "annotate", "grade": true}
check(annotate)

# %% [markdown]
# ## 3. A small graph, by hand
#
# Now two operations in a row. This example stands in three of the five lectures:
#
# $$f = (x + y)\,z, \qquad x = -2,\; y = 5,\; z = -4.$$
#
# Take a sheet of paper, and do it before you run the cell. Forward: $q = x + y$, then $f = q\,z$.
# Backward, from the right: $\partial f/\partial f = 1$. What do $q$ and $z$ get? And what do $x$
# and $y$ make of what $q$ got?

# %%
trace(lambda x, y, z: name(name(x + y, "q") * z, "f"), -2.0, 5.0, -4.0)

# %% [markdown]
# **What to see.** Forward, $q = 3$ and $f = -12$. Backward, $z$ gets 3, which is $q$, and $q$ gets
# −4, which is $z$: in a product each gets the other. The plus has local gradients of 1, so $x$ and
# $y$ get −4 each, the upstream gradient as it came.
#
# $x$ was −2, and its gradient is −4: if $x$ grows a little, $f$ falls, four times as fast.


# %% nbgrader={"grade_id": "by_hand-stub", "solution": true}
def by_hand(x, y, z):
    """Values and gradients of f = (x + y) * z, the way one does it on paper.

    Parameters
    ----------
    x, y, z : float, or array
        Arrays have one common shape and are taken entry by entry.

    Returns
    -------
    q, f : float, or array of that shape
        The values, q = x + y and f = q * z.
    df_dz, df_dq, df_dx, df_dy : float, or array of that shape
        The gradients, in the order in which one finds them.

    Hint: df_dx is df_dq times the local gradient of the plus.

    >>> by_hand(-2.0, 5.0, -4.0)
    (3.0, -12.0, 3.0, -4.0, -4.0, -4.0)
    """
    ### BEGIN SOLUTION
    q = x + y
    f = q * z
    df_dz = q
    df_dq = z
    return q, f, df_dz, df_dq, df_dq * 1.0, df_dq * 1.0
    ### END SOLUTION


# %% nbgrader={"grade_id": "by_hand", "grade": true}
check(by_hand)

# %% [markdown]
# ### The same, step by step
#
# Press **Next** or the → key. First the values appear, then, from the right, the gradients, each
# with its *upstream × local*. Then rewind, tick **Predict**, and type each gradient before it is
# shown.

# %%
GraphStepper(lambda x, y, z: name(name(x + y, "q") * z, "f"), -2.0, 5.0, -4.0)

# %% [markdown]
# **What to see.** Each step back needs two numbers: the gradient at the right end of the line, and
# the local gradient of that one operation. Open *Move the inputs*, and drag $z$ to 0. Now $q$ gets
# 0, and so do $x$ and $y$: whatever they do, the product stays 0. But $z$ still gets 3.

# %% [markdown]
# ## 4. A layer that remembers: the apple shop
#
# An apple costs 100. You buy 2, and the tax makes it 1.1 times as much. What do you pay, and how
# does that change with each of the three numbers?
#
# The graph is two products in a row: apples, then tax. On the way back each product needs the
# numbers that went in. So we make it an object that **saves** them: `forward(x, y)` computes and
# saves, `backward(dout)` uses what was saved.


# %% nbgrader={"grade_id": "MulLayer-stub", "solution": true}
class MulLayer:
    """The product x * y, which remembers.

    Hint: save with `self.x = x`. For the gradients look at q and z in section 3.

    >>> layer = MulLayer()
    >>> layer.forward(100.0, 2.0)
    200.0
    >>> print(*np.round(layer.backward(1.1), 9))
    2.2 110.0
    """

    def forward(self, x, y):
        """Return x * y and save what `backward` needs. x, y: floats, or arrays of one shape."""
        ### BEGIN SOLUTION
        self.x, self.y = x, y
        return x * y
        ### END SOLUTION

    def backward(self, dout):
        """Return the pair dL/dx, dL/dy from dout = dL/dout, all of one shape."""
        ### BEGIN SOLUTION
        return dout * self.y, dout * self.x
        ### END SOLUTION


# %% nbgrader={"grade_id": "MulLayer", "grade": true}
check(MulLayer)

# %% [markdown]
# **Look.** The shop needs two layers, one for each product, since each remembers its own numbers.
# Backward calls them in the opposite order, and hands on.

# %%
apple, apple_num, tax = 100, 2, 1.1
apple_layer, tax_layer = MulLayer(), MulLayer()

apple_price = apple_layer.forward(apple, apple_num)
price = tax_layer.forward(apple_price, tax)

dapple_price, dtax = tax_layer.backward(1.0)
dapple, dapple_num = apple_layer.backward(dapple_price)

print(f"price {price}, dapple_price {dapple_price}")
print(f"dapple {dapple}, dapple_num {dapple_num}, dtax {dtax}")

# %% [markdown]
# **What to see.** You pay 220. If the apple costs 1 more, you pay 2.2 more: two apples, with tax. A
# third apple costs 110. And `dtax` is 200: a whole 1 more of tax would cost as much as the apples.
#
# Where it prints 220.00000000000003 or 110.00000000000001, that is rounding: 1.1 has no exact form
# in binary. The lecture hides it with `int(...)`. Compare to within a tolerance instead.

# %% [markdown]
# **A slip in the lecture.** It introduces this code as a graph of *additions*. It is one of
# multiplications only. The additions come now.

# %% [markdown]
# ## 5. Oranges too
#
# Also in the basket: 3 oranges at 150 each. Their price is *added* to that of the apples before
# tax. So we need a layer for the sum. What must it save for its backward step? Think of the plus in
# section 3.


# %% nbgrader={"grade_id": "AddLayer-stub", "solution": true}
class AddLayer:
    """The sum x + y.

    Hint: how does x + y change with x? Does that depend on what x and y were?

    >>> layer = AddLayer()
    >>> layer.forward(200.0, 450.0)
    650.0
    >>> layer.backward(1.1)
    (1.1, 1.1)
    """

    def forward(self, x, y):
        """Return x + y. x, y: floats, or arrays of one shape."""
        ### BEGIN SOLUTION
        return x + y
        ### END SOLUTION

    def backward(self, dout):
        """Return the pair dL/dx, dL/dy from dout = dL/dout, all of one shape."""
        ### BEGIN SOLUTION
        return dout * 1.0, dout * 1.0
        ### END SOLUTION


# %% nbgrader={"grade_id": "AddLayer", "grade": true}
check(AddLayer)

# %% [markdown]
# **Look.** The whole shop, with your two kinds of layers:

# %%
orange, orange_num = 150, 3
apple_layer, orange_layer, tax_layer = MulLayer(), MulLayer(), MulLayer()
fruit_layer = AddLayer()

apple_price = apple_layer.forward(apple, apple_num)
orange_price = orange_layer.forward(orange, orange_num)
fruit_price = fruit_layer.forward(apple_price, orange_price)
price = tax_layer.forward(fruit_price, tax)

dfruit_price, dtax = tax_layer.backward(1.0)
dapple_price, dorange_price = fruit_layer.backward(dfruit_price)
dorange, dorange_num = orange_layer.backward(dorange_price)
dapple, dapple_num = apple_layer.backward(dapple_price)

print(f"price {price:.0f}")
print(f"dapple {dapple:.1f}, dapple_num {dapple_num:.0f}")
print(f"dorange {dorange:.1f}, dorange_num {dorange_num:.0f}, dtax {dtax:.0f}")

# %% [markdown]
# **What to see.** 715 to pay. The apples' gradients are what they were, 2.2 and 110: the oranges do
# not matter for them. The oranges have 3.3 and 165. The tax now works on 650.
#
# The backward half of the cell is the forward half, read from bottom to top. You wrote it by hand,
# line by line. That is what we get rid of now.

# %% [markdown]
# ## 6. In which order? Topological sort
#
# For a computer to do it, the graph must be data. We use a dict: from the name of a node to its
# operation and the names of its parents. Inputs have no parents.

# %%
product_of_sum = {
    "x": ("input", ()),
    "y": ("input", ()),
    "z": ("input", ()),
    "q": ("add", ("x", "y")),
    "f": ("mul", ("q", "z")),
}
shop = {
    "price": ("mul", ("fruit", "tax")),
    "fruit": ("add", ("apples", "oranges")),
    "apples": ("mul", ("apple", "apple_num")),
    "oranges": ("mul", ("orange", "orange_num")),
    **dict.fromkeys(("apple", "apple_num", "orange", "orange_num", "tax"), ("input", ())),
}

# %% [markdown]
# The shop stands there upside down, and that is allowed. But a value can be computed only when its
# parents are there. We need the names in an order in which **parents come before their children**:
# a *topological order*. There are often several, and each is fine.

# %% [markdown]
# One way: repeat "take a node all of whose parents are taken". To be quick, count for each node how
# many parents it still waits for, and keep a list of the nodes that wait for none.
#
# Another: follow the parents from the end, and add a node after all its parents. It is tempting to
# write that as a function that calls itself. But Python gives up at a depth of about 1000, and real
# graphs are deeper. Keep a list of things to do instead.


# %% nbgrader={"grade_id": "topological_sort-stub", "solution": true}
def topological_sort(graph):
    """The names of all nodes, parents before their children.

    Parameters
    ----------
    graph : dict of str to (operation, parents)
        Nodes in any order. Parents are a tuple of names; a name may be in it twice, as in a + a.
        A node need not lead anywhere.

    Returns
    -------
    list of str
        Each name once.

    Hint: a dict `waiting` from node to how many parents are not taken yet, and a dict `children`
    from node to who has it as a parent. Taking a node lets its children wait for one less.

    >>> graph = {"f": ("mul", ("q", "q")), "q": ("sin", ("x",)), "x": ("input", ())}
    >>> topological_sort(graph)
    ['x', 'q', 'f']
    """
    ### BEGIN SOLUTION
    waiting = {node: len(parents) for node, (_, parents) in graph.items()}
    children = {node: [] for node in graph}
    for node, (_, parents) in graph.items():
        for parent in parents:
            children[parent].append(node)

    ready = [node for node in graph if waiting[node] == 0]
    order = []
    while ready:
        node = ready.pop()
        order.append(node)
        for child in children[node]:
            waiting[child] -= 1
            if waiting[child] == 0:
                ready.append(child)
    return order
    ### END SOLUTION


# %% nbgrader={"grade_id": "topological_sort", "grade": true}
check(topological_sort)

# %% [markdown]
# ## 7. Forward through any graph
#
# The lecture calls the nodes $u^{(1)}, u^{(2)}, \ldots$ in topological order, the inputs first, and
# writes the forward pass so:
#
# $$u^{(i)} \leftarrow f^{(i)}\bigl(\mathbb{A}^{(i)}\bigr), \qquad
# \mathbb{A}^{(i)} = \bigl\{\,u^{(j)} : j \in Pa(u^{(i)})\,\bigr\}$$
#
# In words: go through the nodes in order, collect the values of the parents $Pa$, and apply the
# node's operation. (The curly brackets stand for a *list*: the order of the parents matters, and in
# $a + a$ the same one counts twice.)


# %% nbgrader={"grade_id": "forward-stub", "solution": true}
def forward(graph, order, functions, inputs):
    """The value of every node.

    Parameters
    ----------
    graph : dict of str to (operation, parents)
        As in section 6.
    order : list of str
        Its nodes, parents before children. The dict itself is in any order.
    functions : dict of str to callable
        From the name of an operation to a function of the parents' values, as separate arguments.
    inputs : dict of str to float or array
        The values of the nodes whose operation is "input".

    Returns
    -------
    dict of str to float or array
        From every node, inputs included, to its value.

    Hint: `function(*values)` passes a list as separate arguments.

    >>> graph = {"x": ("input", ()), "s": ("mul", ("x", "x")), "f": ("add", ("s", "x"))}
    >>> functions = {"add": lambda a, b: a + b, "mul": lambda a, b: a * b}
    >>> forward(graph, ["x", "s", "f"], functions, {"x": 3.0})
    {'x': 3.0, 's': 9.0, 'f': 12.0}
    """
    ### BEGIN SOLUTION
    values = dict(inputs)
    for node in order:
        operation, parents = graph[node]
        if operation != "input":
            values[node] = functions[operation](*(values[parent] for parent in parents))
    return values
    ### END SOLUTION


# %% nbgrader={"grade_id": "forward", "grade": true}
check(forward)

# %% [markdown]
# ## 8. Backward with a table
#
# Now the other way. We keep a table with one gradient for each node: how fast the *last* node
# $u^{(n)}$ changes with it. For the last node itself that is 1. For any other node, look at its
# children. Each has its gradient in the table already, and hands on that times the local gradient:
#
# $$\text{table}[u^{(j)}] = \sum_{i\,:\,j \in Pa(u^{(i)})} \text{table}[u^{(i)}]\;
# \frac{\partial u^{(i)}}{\partial u^{(j)}}$$

# %% [markdown]
# **A slip on the slide.** This line is garbled there: the fraction has $u^{(i)}$ above *and* below,
# and it is not said what the sum runs over. It runs over the children $i$ of node $j$, which are
# all nodes that have $j$ as a parent.

# %% [markdown]
# In code it is easier to *hand out* than to collect. Go through the nodes **backwards**. At each
# node, the gradient is complete, since all its children have had their turn. Multiply it by the
# local gradient of each parent, and **add** that to the parent's entry.

# %% [markdown]
# What if you hand on too early, before everything has arrived? Here is a small graph to see it:
# $b = a + a$, $c = b + a$, $d = b + c$. So $d = 5a$, and the gradient of $a$ is 5.

# %%
five = {
    "a": ("input", ()),
    "b": ("add", ("a", "a")),
    "c": ("add", ("b", "a")),
    "d": ("add", ("b", "c")),
}
too_early = dict.fromkeys(five, 0.0)


def pass_on(node):
    for parent in five[node][1]:
        too_early[parent] += too_early[node] * 1.0  # the local gradients of a plus are 1
        pass_on(parent)


too_early["d"] = 1.0
pass_on("d")
print(too_early)

# %% [markdown]
# **What to see.** It says 7 for $a$, where 5 is right. `b` had handed something on before all of
# its gradient was there. Going backwards through the *order* avoids that.


# %% nbgrader={"grade_id": "backward-stub", "solution": true}
def backward(graph, order, slopes, values):
    """The gradient of the last node by every node.

    Parameters
    ----------
    graph : dict of str to (operation, parents)
    order : list of str
        Its nodes, parents before children. The last one is what is differentiated.
    slopes : dict of str to callable
        From the name of an operation to a function of the parents' values, as separate arguments.
        It returns a tuple of local gradients, one for each parent, in their order.
    values : dict of str to float
        Every node's value, from the forward pass.

    Returns
    -------
    dict of str to float
        From every node to its gradient.

    Hint: start with 0 for every node, and 1 for the last. `zip(parents, locals)` pairs each parent
    with its local gradient.

    >>> graph = {"x": ("input", ()), "s": ("mul", ("x", "x")), "f": ("add", ("s", "x"))}
    >>> slopes = {"add": lambda a, b: (1.0, 1.0), "mul": lambda a, b: (b, a)}
    >>> backward(graph, ["x", "s", "f"], slopes, {"x": 3.0, "s": 9.0, "f": 12.0})
    {'x': 7.0, 's': 1.0, 'f': 1.0}
    """
    ### BEGIN SOLUTION
    table = dict.fromkeys(graph, 0.0)
    table[order[-1]] = 1.0
    for node in reversed(order):
        operation, parents = graph[node]
        if operation != "input":
            local = slopes[operation](*(values[parent] for parent in parents))
            for parent, slope in zip(parents, local, strict=True):
                table[parent] += table[node] * slope
    return table
    ### END SOLUTION


# %% nbgrader={"grade_id": "backward", "grade": true}
check(backward)

# %% [markdown]
# **Look.** Your two passes on the graph of section 3, and on the one that went wrong above. Two
# operations are all that is needed.

# %%
functions = {"add": lambda a, b: a + b, "mul": lambda a, b: a * b}
slopes = {"add": lambda a, b: (1.0, 1.0), "mul": lambda a, b: (b, a)}

for graph, order, inputs in [
    (product_of_sum, ["x", "y", "z", "q", "f"], {"x": -2.0, "y": 5.0, "z": -4.0}),
    (five, ["a", "b", "c", "d"], {"a": 1.0}),
]:
    values = forward(graph, order, functions, inputs)
    print("values   ", values)
    print("gradients", backward(graph, order, slopes, values))

# %% [markdown]
# **What to see.** 3, −4, −4, −4, as by hand. And 5 for $a$, where handing on too early said 7.

# %% [markdown]
# ### Find the bug
#
# The second of these graphs once more, with backward passes that are wrong on purpose. Under
# *Backward pass*, choose **broken: find out how**. Step back line by line, work out each number
# yourself, and stop at the first one that is wrong. What is the bug? Choose it again for another
# one.


# %%
def five_times(a):
    b = name(a + a, "b")
    c = name(b + a, "c")
    return name(b + c, "d")


GraphStepper(five_times, 1.0)

# %% [markdown]
# **What to see.** All three bugs end without any error, and with a wrong number for $a$. With `=`
# in place of `+=`, only the last line counts: 1. Without the upstream gradient, $a$ counts its
# lines: 3. In the wrong order, $b$ hands on before anything has come to it: 0.

# %% [markdown]
# ### In your own words
#
# The cell that handed on too early printed a gradient of 7 for $a$. Answer in four to six
# sentences:
#
# 1. Follow it by hand. Which node handed something on *twice*, and what was counted too often?
# 2. Why can that not happen when the nodes are visited in reversed topological order?
# 3. The same mistake would have done no harm in $f = (x + y)z$. Why not? For which graphs is it
#    harmless?

# %% [markdown] nbgrader={"grade_id":"explain_order","grade":true,"solution":true,"points":3}
# ### BEGIN SOLUTION
# d gives 1 to b, and b at once gives 1 + 1 = 2 to a. Then d gives 1 to c, c gives 1 to b, and b,
# now at 2, hands on all of its 2 again: 2 + 2 = 4 to a, although 1 of it had been handed on before.
# Lastly c gives 1 to a. That is 2 + 4 + 1 = 7: the first part of b's gradient was counted twice,
# which is 2 too many. In reversed topological order b is visited after both d and c, which are all
# of its children. So its gradient is complete, and it is handed on once. In (x + y)z every node has
# only one child, so everything that arrives at a node arrives at once. It is harmless where no node
# that has parents is used twice: in trees, also if an *input* is used several times, because inputs
# hand on nothing.
#
# **For the grader.** One point for each question. (1) b, and that its first 1 is handed on again;
# the sum 2 + 4 + 1 is welcome and not needed. (2) All children come before it, so its entry is
# complete; "because it goes backwards" alone is half a point. (3) One child each; trees. That
# inputs may be shared is an extra.
# ### END SOLUTION

# %% [markdown]
# ## 9. Why a table: counting
#
# The gradient is a sum over **all paths** from a node to the end, each a product of local
# gradients. Why not walk all paths, then? Because there are so many. In this ladder each rung makes
# two ways out of one:
#
# ```text
#           ┌─► left ──┐        ┌─► left ──┐
#     u0 ───┤          ├─► u1 ──┤          ├─► u2  ...
#           └─► right ─┘        └─► right ─┘
# ```
#
# After 40 rungs there are $2^{40}$ paths, and only 160 lines.

# %% [markdown]
# To *count* the paths, you need not walk them. Going back from the end, the number of paths from
# `start` to a node is the sum of the numbers for its parents. From `start` to itself there is one.
# Computed like this, node after node, each number is needed many times. So write it down once it
# is known, and look it up from then on. That is **dynamic programming**: turn repeated *calls* into
# stored *values*. Your table of gradients does the same.


# %% nbgrader={"grade_id": "paths-stub", "solution": true}
def paths(parents, start, end):
    """How many paths lead from start to end.

    Parameters
    ----------
    parents : callable
        `parents(node)` is the tuple of a node's parents. A parent that is in it twice makes two
        paths. It may be asked only a few times about each node.
    start, end : str
        Two nodes. If they are the same, there is one path: to stay.

    Returns
    -------
    int or float

    Hint: a function `count(node)` inside, which looks into a dict before it asks for parents. Here
    it may call itself: these graphs are not deep.

    >>> above = {"a": (), "b": ("a", "a"), "c": ("b", "a"), "d": ("b", "c")}
    >>> paths(above.get, "a", "d")
    5
    """
    ### BEGIN SOLUTION
    known = {start: 1}

    def count(node):
        if node not in known:
            known[node] = sum(count(parent) for parent in parents(node))
        return known[node]

    return count(end)
    ### END SOLUTION


# %% nbgrader={"grade_id": "paths", "grade": true}
check(paths)

# %% [markdown]
# **Look.** How many multiplications does a gradient of the ladder take? Path by path, it is the
# number of paths times their length. With your table, it is one for each line.


# %%
def ladder(rungs):
    graph = {"u0": ()}
    for k in range(rungs):
        graph[f"left{k}"], graph[f"right{k}"] = (f"u{k}",), (f"u{k}",)
        graph[f"u{k + 1}"] = (f"left{k}", f"right{k}")
    return graph


sizes = range(1, 41)
by_paths = [paths(ladder(n).get, "u0", f"u{n}") * 2 * n for n in sizes]
by_table = [sum(len(parents) for parents in ladder(n).values()) for n in sizes]

figure, axes = plt.subplots(figsize=(6, 3))
axes.semilogy(sizes, by_paths, label="path by path")
axes.semilogy(sizes, by_table, label="with a table")
axes.set_xlabel("rungs of the ladder")
axes.set_ylabel("multiplications")
axes.legend()
plots.show(figure, alt="One line climbs straight by powers of ten; the other stays low.")
print(f"40 rungs: {by_paths[-1]:.1e} multiplications path by path, {by_table[-1]} with the table")

# %% [markdown]
# **What to see.** The upper line is straight on this scale: it grows by the same *factor* with
# every rung. At 40 rungs a fast computer would need a day for it. The lower one hardly moves.
#
# One lecture puts it this way: computed forwards, every derivative calls all those behind it again;
# computed backwards, each call becomes a value that is there already.

# %% [markdown]
# ## 10. Two layers, number by number
#
# A small network: two inputs, two hidden units, two outputs, all with sigmoids. The loss is the
# mean of the squares, *MSE*.
#
# $$h = \sigma(Wx), \qquad o = \sigma(Vh), \qquad
# L = \tfrac{1}{2}\bigl[(o_1 - t_1)^2 + (o_2 - t_2)^2\bigr]$$
#
# The slope of $\sigma$ comes from its output: it is $h(1 - h)$, and $o(1 - o)$. First forward:


# %%
def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


x, t = np.array([1.0, -1.0]), np.array([1.0, 0.0])
W, V = np.array([[0.5, -0.3], [0.2, 0.8]]), np.array([[1.0, -1.0], [0.4, 0.6]])

h = sigmoid(W @ x)
o = sigmoid(V @ h)
print("h =", h.round(4), " o =", o.round(4), " loss =", np.mean((o - t) ** 2).round(4))

# %% [markdown]
# Backward, one line of numbers after the other. Here it is for output 1 and hidden unit 1:
#
# | | formula | number |
# |---|---|---|
# | loss | $\partial L/\partial o_1 = 2(o_1 - t_1)/2$ | −0.4169 |
# | its sigmoid | times $o_1(1 - o_1) = 0.2431$ | −0.1013 |
# | its weight $V_{11}$ | times $h_1 = 0.6900$ | −0.0699 |
# | hidden unit 1 | over output 1: −0.1013 × $V_{11}$ | −0.1013 |
# | | over output 2: 0.1461 × $V_{21}$ | +0.0584 |
# | | both paths add: $\partial L/\partial h_1$ | −0.0429 |
# | its sigmoid | times $h_1(1 - h_1) = 0.2139$ | −0.0092 |
# | its weight $W_{11}$ | times $x_1 = 1$ | −0.0092 |

# %% [markdown]
# For all weights at once: if $\delta_i$ arrives at the sum of unit $i$, and the number in front of
# weight $(i, j)$ is $a_j$, the weight gets $\delta_i a_j$. That table of products is
# `np.outer(delta, a)`. And unit $j$ below gets $\sum_i \delta_i V_{ij}$.


# %% nbgrader={"grade_id": "two_layer_backward-stub", "solution": true}
def two_layer_backward(x, W, V, t):
    """Gradients of the mean squared error of a network with two layers of sigmoids.

    h = sigmoid(W @ x), o = sigmoid(V @ h), L = mean of (o - t)**2 over the outputs.

    Parameters
    ----------
    x : array, shape (inputs,)
    W : array, shape (hidden, inputs)
    V : array, shape (outputs, hidden)
    t : array, shape (outputs,)
        What the outputs should be.

    Returns
    -------
    dL_do : array, shape (outputs,)
    dL_dV : array, shape (outputs, hidden)
    dL_dh : array, shape (hidden,)
    dL_dW : array, shape (hidden, inputs)

    Hint: go forward again first. Then follow the table above from top to bottom; its unnamed
    numbers deserve names too. Mind the number of outputs in the mean.

    >>> W, V = np.array([[0.5, -0.3], [0.2, 0.8]]), np.array([[1.0, -1.0], [0.4, 0.6]])
    >>> parts = two_layer_backward(np.array([1.0, -1.0]), W, V, np.array([1.0, 0.0]))
    >>> print(parts[0].round(4), parts[2].round(4))
    [-0.4169  0.6198] [-0.0429  0.189 ]
    """
    ### BEGIN SOLUTION
    h = 1.0 / (1.0 + np.exp(-(W @ x)))
    o = 1.0 / (1.0 + np.exp(-(V @ h)))

    dL_do = 2.0 * (o - t) / len(t)
    delta_o = dL_do * o * (1.0 - o)
    dL_dV = np.outer(delta_o, h)

    dL_dh = V.T @ delta_o
    delta_h = dL_dh * h * (1.0 - h)
    dL_dW = np.outer(delta_h, x)
    return dL_do, dL_dV, dL_dh, dL_dW
    ### END SOLUTION


# %% nbgrader={"grade_id": "two_layer_backward", "grade": true}
check(two_layer_backward)

# %% [markdown]
# ## 11. The derivative is more graph
#
# There are two ways for a library to give you a derivative.
#
# - **Symbol to number.** You give it a graph *and* input values, and you get numbers. That is your
#   `backward`. Torch and Caffe work like this.
# - **Symbol to symbol.** You give it a graph and get a *larger graph*: new nodes, which would
#   compute the gradient. No number is needed for it. Theano and TensorFlow work like this.

# %% [markdown]
# The second way has a charm. The result is a graph like any other. You can put numbers in, or make
# it faster, or **differentiate it again**.
#
# Take $f = x \cdot x \cdot x$, with $s = x \cdot x$ on the way. The picture below is the graph of
# its *gradient*. (The course's engine works symbol to symbol too, so `trace` can draw it.)

# %%
trace(grad(lambda x: name(name(x * x, "s") * x, "f")), 2.0)

# %% [markdown]
# **What to see.** Only $x$ and $s$ are left of the old graph, as the gradient needs $s$ and not
# $f$. The other boxes were *added* by differentiating: products of what arrives and the other
# factor (at the very end 1 arrives), and sums where $x$ was used more than once. The last box has
# the value $3x^2 = 12$. And the picture shows *its* gradient: at $x$ stands 12 once more, which is
# $6x$, the second derivative.

# %% [markdown]
# You will do it for graphs of `add` and `mul`. The algorithm is that of section 8. But the table
# now has the **names** of nodes in it, and instead of multiplying numbers, you append a `mul` node.
#
# | in section 8 | now |
# |---|---|
# | the last node's gradient is 1 | append a node `one` |
# | gradient × local gradient | append `mul` of two names |
# | += | append `add` of two names |
#
# This helper appends a node under a new name:


# %%
def append(graph, operation, *parents):
    node = f"n{len(graph)}"
    graph[node] = (operation, parents)
    return node


tiny = {"x": ("input", ()), "f": ("mul", ("x", "x"))}
print(append(tiny, "one"), append(tiny, "mul", "n2", "x"), tiny)

# %% [markdown]
# The local gradients need no new nodes. For `add` they are 1, so what arrives is handed on as it
# is: the parent's gradient *is* the same node. For `mul`, the local gradient of one factor is the
# other factor, and that is a node already.


# %% nbgrader={"grade_id": "gradient_graph-stub", "solution": true}
def gradient_graph(graph, order, output):
    """The graph with nodes appended that compute the gradient of one of its nodes.

    Parameters
    ----------
    graph : dict of str to (operation, parents)
        With the operations "input", "one" (the number 1, no parents), "add" and "mul". It must stay
        as it is.
    order : list of str
        Its nodes, parents before children.
    output : str
        Which node to differentiate. It need not be the last.

    Returns
    -------
    bigger : dict of str to (operation, parents)
        A copy of the graph, with nodes appended.
    gradients : dict of str to str
        From a node to the name of the node that computes its gradient. Nodes that output does not
        depend on are left out.

    Hint: start with `bigger = dict(graph)` and `gradients = {output: append(bigger, "one")}`. A
    node that is not in gradients has nothing to hand on: skip it.

    >>> graph = {"x": ("input", ()), "s": ("mul", ("x", "x")), "f": ("mul", ("s", "x"))}
    >>> bigger, gradients = gradient_graph(graph, ["x", "s", "f"], "f")
    >>> ones = {"one": lambda: 1.0, "add": lambda a, b: a + b, "mul": lambda a, b: a * b}
    >>> values = {"x": 2.0}
    >>> for node, (operation, parents) in bigger.items():
    ...     if operation != "input":
    ...         values[node] = ones[operation](*(values[parent] for parent in parents))
    >>> values[gradients["x"]]
    12.0
    """
    ### BEGIN SOLUTION
    bigger = dict(graph)
    gradients = {output: append(bigger, "one")}
    for node in reversed(order):
        operation, parents = graph[node]
        if node not in gradients or operation not in ("add", "mul"):
            continue
        first, second = parents
        for parent, other in ((first, second), (second, first)):
            part = gradients[node]
            if operation == "mul":
                part = append(bigger, "mul", part, other)
            if parent in gradients:
                part = append(bigger, "add", gradients[parent], part)
            gradients[parent] = part
    return bigger, gradients
    ### END SOLUTION


# %% nbgrader={"grade_id": "gradient_graph", "grade": true}
check(gradient_graph)

# %% [markdown]
# **Look.** $f = x^3$ once more, differentiated three times with your function. It appends parents
# before their children, so the dict's own order is a topological order.

# %%
cube = {"x": ("input", ()), "s": ("mul", ("x", "x")), "f": ("mul", ("s", "x"))}
calculate = {"one": lambda: 1.0, "add": lambda a, b: a + b, "mul": lambda a, b: a * b}


def value_of(graph, node, x):
    values = {"x": x}
    for each, (operation, parents) in graph.items():
        if operation != "input":
            values[each] = calculate[operation](*(values[parent] for parent in parents))
    return values[node]


graph, output = cube, "f"
print(f"f itself:     {len(graph):3d} nodes, {value_of(graph, output, 2.0)} at x = 2")
for times in (1, 2, 3):
    graph, gradients = gradient_graph(graph, list(graph), output)
    output = gradients["x"]
    print(f"derivative {times}: {len(graph):3d} nodes, {value_of(graph, output, 2.0)} at x = 2")

# %% [markdown]
# **What to see.** 8, 12, 12, 6: that is $x^3$, $3x^2$, $6x$ and 6 at $x = 2$. No number went in
# before the end. And the graph grows quickly. A library would now throw away what is not needed,
# and join what is there twice. That is what a *compiler* for graphs does.

# %% [markdown]
# ## 12. What a library records
#
# In PyTorch you do not write a graph at all. You compute, and each result remembers where it came
# from. For `f = (x + y) * z`, with `requires_grad=True` on all three, it looks like this:
#
# ```text
# f.grad_fn             MulBackward0    saved (x + y) and z
#   .next_functions[0]  AddBackward0    saved nothing
#     ...               AccumulateGrad  for x, and for y
#   .next_functions[1]  AccumulateGrad  for z
# ```
#
# The boxes are the *backward* steps, and their arrows lead from the end to the inputs. At the
# inputs, a step that adds to `.grad`: `+=` again.

# %% [markdown]
# What is saved is saved until the backward pass, and takes memory. So each operation keeps as
# little as it can:
#
# | operation | backward step | must know |
# |---|---|---|
# | `add`, `negative` | hands on, or turns the sign | nothing |
# | `mul` | times the other factor | both inputs |
# | `square` | times $2x$ | its input |
# | `exp` | times its own output | its output |
# | `sigmoid` | times $a(1 - a)$ | its output |

# %% [markdown]
# Here is a record of a computation, as an engine might write it while it runs. Each entry is an
# operation and the *places* of its inputs in the record. Say which of the values must be kept.


# %% nbgrader={"grade_id": "saved_values-stub", "solution": true}
def saved_values(record):
    """Which values the backward pass will ask for.

    Parameters
    ----------
    record : list of (operation, places)
        In the order of the computation. Operations are "input" and those of the table; places is a
        list of integers, where in the record the inputs of the operation are.

    Returns
    -------
    list of int
        Places in the record, in any order. A place that several operations need may be in it more
        than once.

    Hint: an operation may ask for values of other entries (its inputs), or for its own.

    >>> sorted(saved_values([("input", []), ("input", []), ("mul", [0, 1]), ("exp", [2])]))
    [0, 1, 3]
    """
    ### BEGIN SOLUTION
    kept = []
    for place, (operation, places) in enumerate(record):
        if operation in ("mul", "square"):
            kept.extend(places)
        if operation in ("exp", "sigmoid"):
            kept.append(place)
    return kept
    ### END SOLUTION


# %% nbgrader={"grade_id": "saved_values", "grade": true}
check(saved_values)

# %% [markdown]
# **Look.** A real trace, of the course's own engine. Read its table line by line.

# %%
print(trace(lambda x, y: name(name(x * y, "p") + y, "s") * np.exp(-(x * y)), 2.0, 0.5).text())

# %% [markdown]
# **What to see.** The function is that of section 1. But here $x\,y$ was *written* twice, so it was
# *computed* twice: there are two products, `#2` and `#4`. An engine records what you do, and does
# not notice that it has done the same before. In section 1 we kept the product, and used it twice.

# %% [markdown]
# ## 13. All of it together
#
# Your sort, your forward and your backward, on the upside-down shop of section 6. No line below
# knows anything about shops, or about derivatives. (It needs `topological_sort`, `forward` and
# `backward`. If a check above still fails, come back later.)

# %%
prices = {"apple": 100.0, "apple_num": 2.0, "orange": 150.0, "orange_num": 3.0, "tax": 1.1}
order = topological_sort(shop)
values = forward(shop, order, functions, prices)
gradients = backward(shop, order, slopes, values)
for node in order:
    print(f"{node:10s}  value {values[node]:6.1f}   gradient {gradients[node]:6.1f}")

# %% [markdown]
# **What to see.** 715, and 2.2, 110, 3.3, 165, 650, as with the layers.
#
# And it does not end with shops. Here is the function of the beginning, ten rounds of $\sin u +
# u^2$, as a graph. (We go a little smaller, $0.6\,(\sin u + u^2)$, or the numbers explode.)

# %%
rounds = {"u0": ("input", ())}
for k in range(10):
    rounds[f"sin{k}"] = ("sin", (f"u{k}",))
    rounds[f"square{k}"] = ("mul", (f"u{k}", f"u{k}"))
    rounds[f"sum{k}"] = ("add", (f"sin{k}", f"square{k}"))
    rounds[f"u{k + 1}"] = ("shrink", (f"sum{k}",))

more_functions = {**functions, "sin": np.sin, "shrink": lambda a: 0.6 * a}
more_slopes = {**slopes, "sin": lambda a: (np.cos(a),), "shrink": lambda a: (0.6,)}

order = topological_sort(rounds)
# a topological order may end in another node if several have no children; here only u10 has none
values = forward(rounds, order, more_functions, {"u0": 0.5})
gradients = backward(rounds, order, more_slopes, values)


def ten_rounds(u):
    for _ in range(10):
        u = 0.6 * (np.sin(u) + u**2)
    return u


step = 1e-6
by_trying = (ten_rounds(0.5 + step) - ten_rounds(0.5 - step)) / (2 * step)
print(f"{len(rounds)} nodes; du10/du0 = {gradients['u0']:.10f}, by trying {by_trying:.10f}")

# %% [markdown]
# **What to see.** 41 nodes, where the formula would have thousands of terms, and the right slope in
# one pass back. How deep may a graph be? Let us chain twenty thousand nodes.

# %%
long_chain = {"u0": ("input", ())}
for k in range(20_000):
    long_chain[f"u{k + 1}"] = ("sin", (f"u{k}",))

start = perf_counter()
order = topological_sort(long_chain)
values = forward(long_chain, order, more_functions, {"u0": 0.5})
slope = backward(long_chain, order, more_slopes, values)["u0"]
print(f"{len(long_chain)} nodes, slope {slope:.3e}, {perf_counter() - start:.2f} seconds")

# %% [markdown]
# **What to see.** No trouble with the depth, because nothing calls itself. And the time is that of
# a few steps for each node: the gradient costs about as much as the value.

# %% [markdown]
# ## Recap
#
# - A graph has a node for each value and a line from each parent. **Any DAG** will do.
# - Forward: in **topological order**, from parents to children.
# - Backward: in the opposite order, with a **table**, adding where paths meet.
# - A node hands on its gradient **once**, when it is complete.
# - The table makes it as cheap as forward.
# - Layers **save** what their backward step needs, and no more.
# - Symbol to symbol gives a **graph** of the gradient.

# %% [markdown]
# ### What the lectures said
#
# $(x + y)z$ is in three of them. The shop is code in the one on gradient descent, which also has
# the remark about calls and values. The two algorithms and the two kinds of libraries are in the
# one on algorithms, modules in the one on vectorised gradients. What PyTorch records is in the one
# on computational graphs, and dynamic programming in the one on multi-layer perceptrons.

# %% [markdown]
# Slips to know when you read them:
#
# - The line of the backward algorithm has its indices mixed up. See section 8.
# - The shop's code is announced as an addition graph, but it multiplies. See section 4.
# - 110 prints as 110.00000000000001: compare with a tolerance.
# - "The backward pass updates the parameters": it does not. It fills the table. What to do with the
#   gradients is up to you, as in assignment 01.
