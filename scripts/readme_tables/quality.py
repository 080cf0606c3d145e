"""Tables of quality: beside the truth, beside what was published, and beside the time."""

import json
from collections.abc import Mapping
from typing import Any

from scripts.readme_tables.cells import head_of, line_of, size_of
from scripts.readme_tables.records import ROOT, by_machine, machine


def frontier_table() -> str:
    """Seconds and quality of presets, steps, sizes and other methods."""
    return by_machine("frontier", _frontier_lines)


def _frontier_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    pairs, size = len(rows[0]["pairs"]), size_of(rows[0])
    lines = [
        f"Medians over {pairs} pairs, {size} pixels, {machine(result)}:",
        "",
        *head_of("", "", "seconds", *FRONTIER_WORDS.values()),
    ]
    for row in rows:
        medians = [row["medians"][key] for key in FRONTIER_WORDS]
        values = ["" if median is None else f"{median:#.3g}" for median in medians]
        lines.append(line_of(row["family"], row["name"], f"{row['seconds']:.1f}", *values))
    return lines


FRONTIER_WORDS = {
    "style_distance": "style distance",
    "color_distance": "color distance",
    "edge_similarity": "edge SSIM",
    "affine_residual": "affine residual",
    "banding": "banding",
}


def truth_table() -> str:
    """Medians of each method over pairs with known truth, and how often the default is better."""
    return by_machine("truth", _truth_lines)


def _truth_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    better = (f"default better in {TRUTH_WORDS[key][0]}" for key in TRUTH_COMPARED)
    titles = ("", "pairs", "seconds", *(title for title, _ in TRUTH_WORDS.values()), *better)
    load = result["machine"]["load_average"]
    lines = [f"Medians, {machine(result)}, load average {load:.0f}:", "", *head_of(*titles)]
    for row in rows:
        values = [f"{row['medians'][key]:.{n}f}" for key, (_, n) in TRUTH_WORDS.items()]
        shares = [
            f"{row['ours_better'][key]:.0%}" if "ours_better" in row else ""
            for key in TRUTH_COMPARED
        ]
        seconds = f"{row['seconds']:.1f}"
        lines.append(line_of(row["name"], len(row["pairs"]), seconds, *values, *shares))
    return lines


TRUTH_WORDS = {
    "psnr": ("PSNR", 1),
    "ssim": ("SSIM", 3),
    "lpips": ("LPIPS", 3),
    "ciede2000": ("CIEDE2000", 1),
    "histogram_correlation": ("histogram correlation", 2),
}
TRUTH_COMPARED = ("lpips", "ciede2000")


def published_table() -> str:
    """Medians of what the authors published and of jphoto's defaults, by `jphoto eval`."""
    columns = {"with VGG-16": "default-vgg16", "with VGG-19": "default-vgg19"}
    return _evaluations("published", columns)


def regions_table() -> str:
    """Medians of transfers with painted masks and with found regions."""
    return _evaluations("painted masks", {"auto": "auto-vgg16", "features": "features-vgg16"})


def _evaluations(baseline: str, columns: Mapping[str, str]) -> str:
    """Medians of evaluations with a common baseline; columns are files by their titles."""
    folder = ROOT / "bench" / "results" / "eval"
    found = [json.loads((folder / f"{name}.json").read_text()) for name in columns.values()]
    titles = [cell for title in columns for cell in (title, "better on")]
    lines = head_of("measure", "better", baseline, *titles)
    for measure in found[0]["measures"]:
        medians = [evaluation["medians"][measure["key"]] for evaluation in found]
        cells = [_interval(medians[0]["baseline"], measure["decimals"])]
        for at in medians:
            cells.append(_interval(at["result"], measure["decimals"]))
            cells.append(f"{at['result_better_on']} of {at['result']['n']}")
        title = f"{measure['title']} ({measure['unit']})" if measure["unit"] else measure["title"]
        lines.append(line_of(title, measure["better"], *cells))
    return "\n".join(lines)


def _interval(at: Mapping[str, float], decimals: int) -> str:
    """A median and the interval around it."""
    median, low, high = (f"{at[key]:.{decimals}f}" for key in ("median", "low", "high"))
    return f"{median} ({low} to {high})"


def in_short_table() -> str:
    """Medians of a few measures, of the published results and of jphoto's."""
    path = ROOT / "bench" / "results" / "eval" / "default-vgg16.json"
    found = json.loads(path.read_text())
    lines = head_of("", "published", "jphoto", "jphoto is better on")
    for measure in found["measures"]:
        if measure["key"] in IN_SHORT:
            at = found["medians"][measure["key"]]
            cells = [
                f"{at[side]['median']:.{measure['decimals']}f}" for side in ("baseline", "result")
            ]
            title = f"{measure['title']} ({measure['better']} is better)"
            lines.append(line_of(title, *cells, f"{at['result_better_on']} of {at['result']['n']}"))
    return "\n".join(lines)


IN_SHORT = "style_distance", "color_distance", "edge_similarity", "affine_residual"
"""Measures of the table in the README."""
