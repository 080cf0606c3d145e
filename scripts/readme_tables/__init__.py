"""Writes the tables of the README and of docs/ from the code and from results of the benchmarks.

    python -m scripts.readme_tables
    python -m scripts.readme_tables --plots    # also the plots in docs/; needs matplotlib

A table stands between two comments with its name, on any page. A test compares the pages and the
plots with what this script writes.

- `pages`: the names of all tables, and the pages;
- `settings`, `quality`, `looks`, `speed`, `memory`, `app`: the tables, by subject;
- `records`, `cells`: results that are read, and Markdown that is written.
"""
