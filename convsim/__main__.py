"""`python -m convsim` is `convsim`."""

from convsim.cli import main

main()
