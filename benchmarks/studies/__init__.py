"""Studies of every statistic with a planted truth; `recovery.py` plays them."""
