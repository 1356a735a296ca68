"""The quality of visits: double coding and agreement, grades, a visitor's history. For desks alone."""
