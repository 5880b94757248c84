"""What experts teach between two trainings, and how it speaks."""
