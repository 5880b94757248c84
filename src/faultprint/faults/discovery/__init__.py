"""Unknown incidents: pictures, likeness, groups and their onset."""
