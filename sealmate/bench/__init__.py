"""Measurements as commands: start-up, training and writing beside plain loops, and memory."""
