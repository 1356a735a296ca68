"""Media on the server: tus uploads, blobs, receipts."""
