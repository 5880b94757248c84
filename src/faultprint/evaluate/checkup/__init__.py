"""What is wrong with a stranger's data, said before anything is learnt from it.

One function a check, from what was seen of the data to findings; ``examine`` runs them all.
"""
