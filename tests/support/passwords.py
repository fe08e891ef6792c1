"""Password hashing at the least possible cost, for tests that are not about that cost.

Only the center in the process of the tests is quick; a center in a process of its own hashes as the product.
"""

from __future__ import annotations

from argon2 import PasswordHasher

from center.auth import passwords

PRODUCT = passwords._HASHER
"""What the product hashes with."""

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Some 20 ms of work less for each hash."""
