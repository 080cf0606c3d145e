"""`jphoto` and `python -m jphoto`: the command line, guarded before anything else is imported."""

import os

from jphoto.process import guarded


def main() -> None:
    """Run the command line, and exit with its status."""
    # Threads of OpenBLAS wait for each other in loops: beside another busy program, finding regions
    # takes ten seconds longer with them. NumPy and SciPy have too little to do here to need them.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    guarded(_command, _delete_drafts)


def _command() -> None:
    from jphoto import cli

    cli.main()


def _delete_drafts() -> None:
    from jphoto import files

    files.delete_live_drafts()


if __name__ == "__main__":
    main()
