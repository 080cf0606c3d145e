"""Every table by its name, and the pages they are on."""

import re

from scripts.readme_tables import app, looks, memory, quality, settings, speed
from scripts.readme_tables.records import ROOT

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
TABLES = {
    "in_short": quality.in_short_table,
    "settings": settings.settings_table,
    "published": quality.published_table,
    "regions": quality.regions_table,
    "truth": quality.truth_table,
    "looks": looks.looks_table,
    "looks_truth": looks.looks_truth_table,
    "looks_mixes": looks.looks_mixes_table,
    "looks_batch": looks.looks_batch_table,
    "laplacian": speed.laplacian_table,
    "benchmark": speed.benchmark_table,
    "solve": speed.solve_table,
    "first_look": speed.first_look_table,
    "proportions": speed.proportions_table,
    "cores": speed.cores_table,
    "memory": memory.memory_table,
    "batch": memory.batch_table,
    "lift": memory.lift_table,
    "app": app.app_table,
    "app_soak": app.app_soak_table,
    "frontier": quality.frontier_table,
}


def updated(text: str) -> str:
    """A page's text with every table written anew between its two comments."""
    for name, table in TABLES.items():
        marked = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text = marked.sub(lambda match, table=table: match[1] + table() + "\n" + match[2], text)
    return text
