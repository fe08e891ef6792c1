"""Measurements next to their peers, run by make bench."""
