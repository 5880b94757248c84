"""Pure functions from readings to windows: cleaning, cutting, descriptors, labels."""
