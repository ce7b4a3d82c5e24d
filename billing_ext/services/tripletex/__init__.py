"""The Tripletex sync: what goes out, what comes back, and whether both books agree."""
