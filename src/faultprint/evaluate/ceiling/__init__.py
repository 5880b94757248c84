"""Whether the model or the data are the limit: what could be reached with what there is."""
