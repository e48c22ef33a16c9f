"""Settings of all tests."""

from hypothesis import settings

# How long one example takes says how busy the machine is; what time is promised, tests measure.
settings.register_profile("convsim", deadline=None)
settings.load_profile("convsim")
