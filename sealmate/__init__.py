"""sealmate: an assistant for the terminal whose weights learn its owner's notes."""

__version__ = "0.1.0"
