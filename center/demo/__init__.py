"""Demo data: a center with units, people and operators, made from a seed."""
