"""What needs libraries that the browser has not; never imported there."""
