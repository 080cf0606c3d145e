"""`jphoto` and `python -m jphoto`: the command line, guarded before anything else is imported."""

from jphoto.process import guarded


def main() -> None:
    """Run the command line, and exit with its status."""
    guarded(_command, _delete_drafts)


def _command() -> None:
    from jphoto import cli

    cli.main()


def _delete_drafts() -> None:
    from jphoto import files

    files.delete_live_drafts()


if __name__ == "__main__":
    main()
