"""The reference center: HTTP API, store, cases, jobs, demo data."""
