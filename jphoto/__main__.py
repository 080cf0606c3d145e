"""`python -m jphoto`."""

from jphoto.cli import main

if __name__ == "__main__":
    main()
