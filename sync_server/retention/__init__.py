"""How long photos, recordings and customers' numbers are kept, and the job that removes what is older."""
