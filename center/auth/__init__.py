"""Who is asking: passwords, codes, challenges, certificates, signatures, sessions."""
