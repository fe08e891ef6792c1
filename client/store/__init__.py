"""What this workstation keeps: rosters as typed, the outbox, caches of inbox, depositors and batches.

Nothing secret is kept here: no password, PIN, code or token.
"""
