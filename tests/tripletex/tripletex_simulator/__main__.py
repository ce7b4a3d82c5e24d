"""`python -m tripletex_simulator --port 8910 --state company.state`."""

from .server import main

main()
