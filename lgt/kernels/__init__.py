"""The machine room: numba kernels and the layout of their arrays. It knows no physics."""
