"""Parts of the visit screen: question card, answer controls, section rail, progress, photo strip."""
