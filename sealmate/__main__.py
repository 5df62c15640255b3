"""`python -m sealmate` is the command `sealmate`."""

from sealmate.cli.app import main

if __name__ == "__main__":
    main()
