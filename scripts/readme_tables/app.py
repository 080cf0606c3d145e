"""Tables of the app: seconds, and what many jobs leave behind."""

from collections.abc import Mapping
from typing import Any

from scripts.readme_tables.cells import head_of, line_of
from scripts.readme_tables.records import by_machine, machine


def app_table() -> str:
    """Seconds of the app: the page, previews, steps, tiles and files."""
    return by_machine("app", _app_lines)


def _app_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    load = max(row["load_average"] for row in rows)
    title = f"Medians, {machine(result)}, load average at most {load:.0f}:"
    lines = [title, "", *head_of("", "seconds", "least to most", "first run")]
    for row in rows:
        for name, times in row["seconds"].items():
            words = APP_WORDS[row["row"]].format(name, row.get("megapixels", 0))
            between = f"{times['least']:.2f} to {times['most']:.2f}"
            first = f"{row['first_seconds'][name]:.2f}"
            lines.append(line_of(words, f"{times['median']:.2f}", between, first))
    ratios = [row["ratio"] for row in rows if "ratio" in row]
    more = [f"A step takes {ratio:.2f} times as long as in `jphoto.transfer`." for ratio in ratios]
    return [*lines, *(line for sentence in more for line in ("", sentence))]


APP_WORDS = {
    "page": "page {}",
    "preview": "preview at {1:.0f} megapixels: {0}",
    "step": "steps of a default transfer with VGG-16, {}",
    "zoom": "{1:.0f} megapixels: {0}",
}


def app_soak_table() -> str:
    """What many jobs have left behind."""
    return by_machine("app_soak", _app_soak_lines)


def _app_soak_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    titles = "jobs", "files compared", "faults", "threads", "open files", "memory", "at the end"
    lines = [f"{machine(result)}:", "", *head_of(*titles)]
    for row in rows:
        figures = {name: [at[name] for at in row["figures"]] for name in row["figures"][0]}
        counts = [f"{min(figures[name])} to {max(figures[name])}" for name in ("threads", "files")]
        memory = [round(held / 1e6) for held in figures["memory"]]
        held = f"{min(memory)} to {max(memory)} MB", f"{memory[-1]} MB"
        lines.append(line_of(row["jobs"], row["compared"], len(row["wrong"]), *counts, *held))
    return lines
