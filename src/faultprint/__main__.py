"""``python -m faultprint`` is the command line."""

from faultprint.cli import main

if __name__ == "__main__":
    main()
