"""What all screens share: the frame, navigation, parts, guarded handlers, sync state and refusals."""
