"""Parts of the review: answers as read, flags, photos, the decision."""
