"""`python -m xinshi` is the `xinshi` command."""

from xinshi.config.cli import main

if __name__ == "__main__":
    main()
