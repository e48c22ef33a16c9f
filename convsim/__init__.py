"""convsim: does a chat assistant hold its boundaries over a whole conversation, and still help?"""

__version__ = "0.1.0"
