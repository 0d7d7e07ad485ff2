"""How long a test waits for what must happen.

Only a failing test waits that long, so it is long: a busy machine can stand still for half a
minute between two steps.
"""

PATIENCE_S = 60.0
PATIENCE_MS = 1000 * PATIENCE_S
