"""One function a stage: paths and settings in, files out."""
