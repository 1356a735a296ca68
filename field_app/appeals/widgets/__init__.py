"""Parts of the screens of appeals."""
