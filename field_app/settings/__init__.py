"""Settings of this device and its accounts."""
