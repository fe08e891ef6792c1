"""The center as the program sees it: API calls, session, signing, and the local store."""
