"""The command."""

import argparse

from scripts import readme_tables
from scripts.readme_tables.pages import PAGES, updated
from scripts.readme_tables.records import ROOT, results


def main() -> None:
    """Write the tables and, with --plots, the plots."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.readme_tables", description=readme_tables.__doc__.splitlines()[0]
    )
    parser.add_argument("--plots", action="store_true", help="draw the plots in docs/ too")
    if parser.parse_args().plots:
        from scripts import plots

        plots.draw(results(), ROOT / "docs" / "pictures")
    for page in PAGES:
        page.write_text(updated(page.read_text()))


if __name__ == "__main__":
    main()
