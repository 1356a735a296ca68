"""Appeals on the server: what a dealer may see of its visits, and the decision on what it disputes."""
