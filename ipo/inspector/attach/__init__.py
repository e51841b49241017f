"""Trainings of other processes: offered where they run, looked into from here."""
