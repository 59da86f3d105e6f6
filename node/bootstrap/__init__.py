"""The only wiring: one module a role, so that the receiver never imports numba."""
