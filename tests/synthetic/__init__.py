"""A synthetic dealer network whose truth is known, to measure what the analytics find and miss."""
