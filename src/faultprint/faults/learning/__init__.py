"""What is learnt from labelled windows: space, symptoms, classifier, calibration."""
