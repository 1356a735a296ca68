# ruff: noqa: N999  the name that reportlab imports
"""Stands in for Pillow in the browser, where reportlab needs it to place a JPEG and nothing else.

Pillow has no wheel for Pyodide. reportlab hands a JPEG's bytes to the PDF as they are and asks Pillow only
for its size and colours. All photos that the app keeps are JPEG; another format is refused in words.
"""

__version__ = "0"
