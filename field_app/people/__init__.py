"""People on the device: accounts of the tablet, sign-in, who may be picked."""
