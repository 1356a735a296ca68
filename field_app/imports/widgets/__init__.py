"""Parts of imports: counts and findings of a file."""
