"""Appeals (申诉): the dealer's view of its accepted visits, disputes, and their decision at the desk."""
