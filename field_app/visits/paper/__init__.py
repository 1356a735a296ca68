"""What draws PDF files; its libraries are in the browser only after ``Platform.load_paper``."""
