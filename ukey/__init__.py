"""Signing tokens: the Signer protocol, PKCS#11 modules and the demo key."""
