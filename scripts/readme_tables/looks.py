"""Tables of looks: by family, beside single photos, mixed, and in batches."""

import statistics
from collections.abc import Mapping
from typing import Any

from scripts.readme_tables.cells import head_of, line_of
from scripts.readme_tables.quality import TRUTH_WORDS
from scripts.readme_tables.records import by_machine, machine


def looks_table() -> str:
    """Median CIEDE2000 to the truth by family of looks."""
    return by_machine("truth", _looks_lines)


def _looks_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    families = result["cases"]["truth"]["families"]
    chosen = {row["name"]: row["pairs"] for row in rows if row["name"] in LOOKS_METHODS}
    common = set.intersection(*map(set, chosen.values()))
    lines = [f"Median CIEDE2000, {machine(result)}:", "", *head_of("", "pairs", *chosen)]
    for family in dict.fromkeys(families.values()):
        some = [pair for pair in common if families[pair] == family]
        medians = [
            f"{statistics.median(pairs[pair]['ciede2000'] for pair in some):.1f}" if some else ""
            for pairs in chosen.values()
        ]
        lines.append(line_of(family, len(some), *medians))
    return lines


LOOKS_METHODS = ("content photo", "Reinhard", "MKL", "preview, global", "preview", "default")


def looks_truth_table() -> str:
    """Looks of many photos and single ones, by their distance to the truth."""
    return by_machine("looks_truth", _looks_truth_lines)


def _looks_truth_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    lines = []
    for row in rows:
        summary, count = row["summary"], len(next(iter(row["families"].values()))["styles"])
        words = LOOKS_PARTS[row["row"]].format(row["single_count"])
        title = f"{words}; medians over {summary['contents']} content photos, {machine(result)}:"
        keys = {key: TRUTH_WORDS[key] for key in ("ciede2000", "lpips", "psnr")}
        better = [f"nearer than every single photo in {title}" for title, _ in keys.values()]
        lines += [title, "", *head_of("", *(title for title, _ in keys.values()), *better)]
        for name, medians in summary["medians"].items():
            values = [f"{medians[key]:.{digits}f}" for key, (_, digits) in keys.items()]
            found = summary["beats_every_single"].get(name)
            shares = [f"{found[key]:.0%}" if found else "" for key in keys]
            lines.append(line_of(name.replace("look", f"look of {count}", 1), *values, *shares))
        lines.append("")
    return lines[:-1]


LOOKS_PARTS = {
    "whole photos": "Preset preview, whole photos, {} single ones",
    "kinds": "Preset preview, kinds of things by the segmentation network, {} single photos",
    "default preset": "Preset default, whole photos, {} single ones",
}


def looks_mixes_table() -> str:
    """How far the colors of mixes are from those of the first and the last mix."""
    return by_machine("looks_mixes", _looks_mixes_lines)


def _looks_mixes_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    weights = rows[0]["weights"]
    lines = [
        f"{rows[0]['long_side']} pixels, {machine(result)}; content, first and second style, and "
        "the second's weight:",
        "",
        *head_of("", "", *(f"{weight:g}" for weight in weights), "monotone"),
    ]
    for row in rows:
        for key, words in MIXES_WORDS.items():
            monotone = row.get(f"{key}_is_monotone")
            told = "" if monotone is None else "yes" if monotone else "no"
            values = [f"{value:.3f}" for value in row[key]]
            lines.append(line_of(row["row"] if key == "mean_to_last" else "", words, *values, told))
    return lines


MIXES_WORDS = {
    "mean_to_last": "mean to the last's",
    "covariance_to_last": "covariance to the last's",
    "mean_to_first": "mean to the first's",
    "covariance_to_first": "covariance to the first's",
    "spread": "standard deviation",
}


def looks_batch_table() -> str:
    """Seconds a photo of a batch with a look and with a style photo."""
    return by_machine("looks_batch", _looks_batch_lines)


def _looks_batch_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    head = head_of("photos", "with a style photo", "with a look", "ratio", "load average")
    lines = [f"{rows[0]['long_side']} pixels, {machine(result)}:", "", *head]
    for row in rows:
        medians, runs = row["median_seconds_a_photo"], row["runs"].values()
        seconds = [f"{medians[name]:.1f} s a photo" for name in ("photo", "look")]
        load = statistics.mean(run["load_average"] for some in runs for run in some)
        lines.append(line_of(row["photos"], *seconds, f"{row['ratio']:.2f}", f"{load:.0f}"))
    return lines
