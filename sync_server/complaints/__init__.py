"""Complaints: the customer's active expression of dissatisfaction, with its two clocks."""
