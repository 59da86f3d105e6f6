"""The order in which threads take the slices of a limb.

Threads share a loop in runs of neighbouring slices: one of two would have the forearm and the wrist, the other the
fingers, and wait. Steps of the golden section spread any run over the whole limb (Knuth, TAOCP 3, 6.4).
"""

from node.kernels.jit import kernel

GOLDEN = 0.6180339887498949


@kernel("int64(int64)")
def step_over(count: int) -> int:
    """Step that reaches each of ``count`` slices once: slice n · step mod count is the n-th in turn."""
    step = max(1, int(GOLDEN * count))
    while True:
        larger, smaller = count, step
        while smaller:
            larger, smaller = smaller, larger % smaller
        if larger <= 1:
            return step
        step += 1
