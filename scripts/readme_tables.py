"""Writes the tables of the README and of docs/ from the code and from results of the benchmarks.

    python scripts/readme_tables.py
    python scripts/readme_tables.py --plots    # also the plots in docs/; needs matplotlib

A table stands between two comments with its name, on any page. A test compares the pages and the
plots with what this script writes.
"""

import argparse
import dataclasses
import json
import re
import statistics
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jphoto import Settings

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))


def results() -> dict[str, Any]:
    """All results of the benchmarks, by the names of their files."""
    paths = sorted((ROOT / "bench" / "results").glob("*.json"))
    return {path.stem: json.loads(path.read_text()) for path in paths}


def machine(result: Mapping[str, Any]) -> str:
    """The machine of a result, in a few words."""
    found = result["machine"]
    if found["device"] == "cpu":
        return f"{found['processor']}, {found['cores']} cores"
    return str(found["device"])


def rows_of(result: Mapping[str, Any], case: str) -> list[dict[str, Any]]:
    """The rows of a case without those that failed, in order of size if they have one."""
    rows = [row for row in result["cases"].get(case, {}).get("rows", []) if "error" not in row]
    return sorted(rows, key=lambda row: row.get("size", {"width": 0})["width"])


def settings_table() -> str:
    """A table for each group of settings, with a row for each field."""
    groups: dict[str, list[str]] = {}
    for field in dataclasses.fields(Settings):
        rows = groups.setdefault(
            field.metadata["group"], _head("setting", "default", "values", "what it does")
        )
        bounds, words = field.metadata["bounds"], field.metadata["words"]
        values = [f"{bounds[0]} to {bounds[1]}"] if bounds else []
        if field.type is bool:
            values, default = ["yes", "no"], "yes" if field.default else "no"
        else:
            values, default = [*values, *words], field.default
        meanings = [f"`{word}`: {meaning}" for word, meaning in words.items()]
        text = "<br>".join([field.metadata["help"], *meanings])
        rows.append(_line(f"`{field.name}`", default, ", ".join(values), text))
    return "\n\n".join(f"### {group}\n\n" + "\n".join(rows) for group, rows in groups.items())


def laplacian_table() -> str:
    """Median times of the product and its set-up; the ratio is the sparse matrix's to ours."""
    return _by_machine("laplacian", _laplacian_lines)


def _laplacian_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    lines = []
    for row in rows:
        names = [name for name in LAPLACIAN_WORDS if name in row["product_seconds"]]
        words = [LAPLACIAN_WORDS[name] for name in names]
        lines += [
            f"{_size(row)} pixels, 3 planes, {machine(result)}:",
            "",
            *_head("", *words, "ratio"),
        ]
        for title, key in (("product", "product_seconds"), ("set-up", "setup_seconds")):
            medians = {name: times["median"] for name, times in row[key].items()}
            cells = [_time(medians[name]) if name in medians else "" for name in names]
            other = medians.get("matrix", medians.get("torch"))
            ratio = f"{other / medians['jphoto']:.1f}" if other else ""
            lines.append(_line(title, *cells, ratio))
    return lines


LAPLACIAN_WORDS = {
    "jphoto": "jphoto",
    "stencil": "25-point stencil",
    "matrix": "sparse matrix",
    "torch": "PyTorch CSR",
}


def benchmark_table() -> str:
    """Median times of one loss and gradient, beside the faster PyTorch program."""
    return _by_machine("objective", _benchmark_lines)


def _benchmark_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    lines = [
        f"One loss and gradient, {machine(result)}:",
        "",
        *_head("size", "regions", "precision", "jphoto", "PyTorch", "ratio"),
    ]
    for row in rows:
        medians = {name: times["median"] for name, times in row["seconds"].items()}
        theirs = (
            (_time(medians[row["rival"]]), f"{row['ratio']:.2f}") if "rival" in row else ("",) * 2
        )
        own = _time(medians["jphoto"])
        lines.append(_line(_size(row), row["regions"], row["precision"], own, *theirs))
    return lines


def solve_table() -> str:
    """Evaluations and seconds to reach the same objective from the same start."""
    return _by_machine("solve", _solve_lines)


def _solve_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    lines = []
    for row in rows:
        lines += [
            f"{_size(row)} pixels, {machine(result)}:",
            "",
            *_head("", "evaluations", "seconds", "set-up", "objective"),
        ]
        for name, found in row["methods"].items():
            seconds, set_up = f"{found['seconds']:.2f}", f"{found['prepare_seconds']:.2f}"
            objective = f"{found['objective']:.3f}"
            title = SOLVE_WORDS[name]
            lines.append(_line(title, found["evaluations"], seconds, set_up, objective))
    return lines


SOLVE_WORDS = {
    "jphoto": "jphoto",
    "published-lbfgs": "PyTorch, L-BFGS as published",
    "wolfe-lbfgs": "PyTorch, L-BFGS with line search",
}


def first_look_table() -> str:
    """Seconds to a first look, and of what comes before the first step."""
    return _by_machine("first_look", _first_look_lines)


def _first_look_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    lines = [f"Medians, {machine(result)}:", "", *_head("", "seconds", "first run")]
    for row in rows:
        for name, times in row["seconds"].items():
            title = FIRST_LOOK_WORDS.get(name, name).format(row.get("megapixels", 0))
            first = row["first_seconds"][name]
            lines.append(_line(title, f"{times['median']:.1f}", f"{first:.1f}"))
    return lines


FIRST_LOOK_WORDS = {
    "inside, regions found": "preview in a running process, regions found",
    "inside, masks": "preview in a running process, masks given",
    "process": "preview as a whole process, {:.0f} megapixels in and out",
    "prepare": "default: between regions and the first step",
}


def proportions_table() -> str:
    """Seconds of the first transfer of new proportions, and of the second."""
    return _by_machine("proportions", _proportions_lines)


def _proportions_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    title = f"{rows[0]['long_side']} pixels, {machine(result)}, in this order:"
    lines = [title, "", *_head("width to height", "first", "second", "compilation")]
    return lines + [
        _line(
            row["proportions"],
            *(f"{round(row[f'{name}_seconds'])} s" for name in ("first", "second", "further")),
        )
        for row in rows
    ]


def cores_table() -> str:
    """How many cores a transfer and its parts keep busy."""
    return _by_machine("busy_cores", _cores_lines)


def _cores_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    title, head = f"{_size(rows[0])} pixels, {machine(result)}:", _head("", "seconds", "busy cores")
    cells = [(row["row"], f"{row['seconds']:.2f}", f"{row['cores']:.2f}") for row in rows]
    return [title, "", *head, *(_line(*row) for row in cells)]


def memory_table() -> str:
    """Peak memory of a process; on an accelerator, of the device."""
    return _by_machine("memory", _memory_lines)


def _memory_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    names = [name for name in MEMORY_WORDS if name in rows[0]["processes"]]
    lines = [
        f"Peak memory, {machine(result)}:",
        "",
        *_head("size", *(MEMORY_WORDS[name] for name in names)),
    ]
    for row in rows:
        peaks = [row["processes"][name]["peak_bytes"] for name in names]
        cells = [f"{peak.get('device', peak['resident']) / 1e9:.2f} GB" for peak in peaks]
        lines.append(_line(_size(row), *cells))
    return lines


MEMORY_WORDS = {
    "evaluation": "loss and gradient",
    "rival": "the same by PyTorch",
    "transfer": "whole transfer",
}


def batch_table() -> str:
    """Memory of a batch after some of its pairs, and how long a pair takes."""
    return _by_machine("batch_memory", _batch_lines)


def _batch_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    lines = []
    for row in rows:
        title = (
            f"{row['pairs']} pairs of mixed sizes, {row['long_side']} pixels, {machine(result)}:"
        )
        lines += [title, "", *_head("after pair", "memory", "peak so far", "memory mappings")]
        for number in sorted({1, row["pairs"], *range(10, row["pairs"], 10)}):
            held = row["after_pairs"][number - 1]
            gigabytes = (f"{held[name] / 1e9:.2f} GB" for name in ("resident", "peak"))
            lines.append(_line(number, *gigabytes, f"{held['mappings']:,}"))
        pair, alone = row["median_seconds_a_pair"], statistics.median(row["alone_seconds"])
        lines += ["", f"A pair takes {pair:.0f} s; alone, in a process of its own, {alone:.0f} s."]
    return lines


def lift_table() -> str:
    """The lift to full size: seconds, memory, and PSNR to the solved picture."""
    return _by_machine("lift", _lift_lines)


def _lift_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    lines = [
        f"Medians over photos, and the worst, {machine(result)}:",
        "",
        *_head("megapixels", "photos", "file", "read", "lift", "write", "peak memory", "PSNR"),
    ]
    for kind in sorted({(row["megapixels"], row["suffix"]) for row in rows}):
        some = [row for row in rows if (row["megapixels"], row["suffix"]) == kind]
        medians = [statistics.median(r["seconds"][p] for r in some) for p in LIFT_PHASES]
        seconds = [f"{median:.1f} s" for median in medians]
        peak = f"{max(row['peak_bytes'] for row in some) / 1e9:.2f} GB"
        psnr = [row["psnr"] for row in some]
        quality = f"{statistics.median(psnr):.0f} dB, {min(psnr):.0f} dB"
        lines.append(_line(kind[0], len(some), kind[1], *seconds, peak, quality))
    return lines


LIFT_PHASES = ("read", "lift", "write")


def frontier_table() -> str:
    """Seconds and quality of presets, steps, sizes and other methods."""
    return _by_machine("frontier", _frontier_lines)


def _frontier_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    lines = [
        f"Medians over {len(rows[0]['pairs'])} pairs, {_size(rows[0])} pixels, {machine(result)}:",
        "",
        *_head("", "", "seconds", *FRONTIER_WORDS.values()),
    ]
    for row in rows:
        medians = [row["medians"][key] for key in FRONTIER_WORDS]
        values = ["" if median is None else f"{median:#.3g}" for median in medians]
        lines.append(_line(row["family"], row["name"], f"{row['seconds']:.1f}", *values))
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
    return _by_machine("truth", _truth_lines)


def _truth_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    better = (f"default better in {TRUTH_WORDS[key][0]}" for key in TRUTH_COMPARED)
    titles = ("", "pairs", "seconds", *(title for title, _ in TRUTH_WORDS.values()), *better)
    load = result["machine"]["load_average"]
    lines = [f"Medians, {machine(result)}, load average {load:.0f}:", "", *_head(*titles)]
    for row in rows:
        values = [f"{row['medians'][key]:.{n}f}" for key, (_, n) in TRUTH_WORDS.items()]
        shares = [
            f"{row['ours_better'][key]:.0%}" if "ours_better" in row else ""
            for key in TRUTH_COMPARED
        ]
        seconds = f"{row['seconds']:.1f}"
        lines.append(_line(row["name"], len(row["pairs"]), seconds, *values, *shares))
    return lines


TRUTH_WORDS = {
    "psnr": ("PSNR", 1),
    "ssim": ("SSIM", 3),
    "lpips": ("LPIPS", 3),
    "ciede2000": ("CIEDE2000", 1),
    "histogram_correlation": ("histogram correlation", 2),
}
TRUTH_COMPARED = ("lpips", "ciede2000")


def looks_table() -> str:
    """Median CIEDE2000 to the truth by family of looks."""
    return _by_machine("truth", _looks_lines)


def _looks_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    families = result["cases"]["truth"]["families"]
    chosen = {row["name"]: row["pairs"] for row in rows if row["name"] in LOOKS_METHODS}
    common = set.intersection(*map(set, chosen.values()))
    lines = [f"Median CIEDE2000, {machine(result)}:", "", *_head("", "pairs", *chosen)]
    for family in dict.fromkeys(families.values()):
        some = [pair for pair in common if families[pair] == family]
        medians = [
            f"{statistics.median(pairs[pair]['ciede2000'] for pair in some):.1f}" if some else ""
            for pairs in chosen.values()
        ]
        lines.append(_line(family, len(some), *medians))
    return lines


LOOKS_METHODS = ("content photo", "Reinhard", "MKL", "preview, global", "preview", "default")


def looks_truth_table() -> str:
    """Looks of many photos and single ones, by their distance to the truth."""
    return _by_machine("looks_truth", _looks_truth_lines)


def _looks_truth_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    lines = []
    for row in rows:
        summary, count = row["summary"], len(next(iter(row["families"].values()))["styles"])
        words = LOOKS_PARTS[row["row"]].format(row["single_count"])
        title = f"{words}; medians over {summary['contents']} content photos, {machine(result)}:"
        keys = {key: TRUTH_WORDS[key] for key in ("ciede2000", "lpips", "psnr")}
        better = [f"nearer than every single photo in {title}" for title, _ in keys.values()]
        lines += [title, "", *_head("", *(title for title, _ in keys.values()), *better)]
        for name, medians in summary["medians"].items():
            values = [f"{medians[key]:.{digits}f}" for key, (_, digits) in keys.items()]
            found = summary["beats_every_single"].get(name)
            shares = [f"{found[key]:.0%}" if found else "" for key in keys]
            lines.append(_line(name.replace("look", f"look of {count}", 1), *values, *shares))
        lines.append("")
    return lines[:-1]


LOOKS_PARTS = {
    "whole photos": "Preset preview, whole photos, {} single ones",
    "kinds": "Preset preview, kinds of things by the segmentation network, {} single photos",
    "default preset": "Preset default, whole photos, {} single ones",
}


def looks_mixes_table() -> str:
    """How far the colors of mixes are from those of the first and the last mix."""
    return _by_machine("looks_mixes", _looks_mixes_lines)


def _looks_mixes_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    weights = rows[0]["weights"]
    lines = [
        f"{rows[0]['long_side']} pixels, {machine(result)}; content, first and second style, and "
        "the second's weight:",
        "",
        *_head("", "", *(f"{weight:g}" for weight in weights), "monotone"),
    ]
    for row in rows:
        for key, words in MIXES_WORDS.items():
            monotone = row.get(f"{key}_is_monotone")
            told = "" if monotone is None else "yes" if monotone else "no"
            values = [f"{value:.3f}" for value in row[key]]
            lines.append(_line(row["row"] if key == "mean_to_last" else "", words, *values, told))
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
    return _by_machine("looks_batch", _looks_batch_lines)


def _looks_batch_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    head = _head("photos", "with a style photo", "with a look", "ratio", "load average")
    lines = [f"{rows[0]['long_side']} pixels, {machine(result)}:", "", *head]
    for row in rows:
        medians, runs = row["median_seconds_a_photo"], row["runs"].values()
        seconds = [f"{medians[name]:.1f} s a photo" for name in ("photo", "look")]
        load = statistics.mean(run["load_average"] for some in runs for run in some)
        lines.append(_line(row["photos"], *seconds, f"{row['ratio']:.2f}", f"{load:.0f}"))
    return lines


def app_table() -> str:
    """Seconds of the app: the page, previews, steps, tiles and files."""
    return _by_machine("app", _app_lines)


def _app_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    load = max(row["load_average"] for row in rows)
    title = f"Medians, {machine(result)}, load average at most {load:.0f}:"
    lines = [title, "", *_head("", "seconds", "least to most", "first run")]
    for row in rows:
        for name, times in row["seconds"].items():
            words = APP_WORDS[row["row"]].format(name, row.get("megapixels", 0))
            between = f"{times['least']:.2f} to {times['most']:.2f}"
            first = f"{row['first_seconds'][name]:.2f}"
            lines.append(_line(words, f"{times['median']:.2f}", between, first))
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
    return _by_machine("app_soak", _app_soak_lines)


def _app_soak_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    titles = "jobs", "files compared", "faults", "threads", "open files", "memory", "at the end"
    lines = [f"{machine(result)}:", "", *_head(*titles)]
    for row in rows:
        figures = {name: [at[name] for at in row["figures"]] for name in row["figures"][0]}
        counts = [f"{min(figures[name])} to {max(figures[name])}" for name in ("threads", "files")]
        memory = [round(held / 1e6) for held in figures["memory"]]
        held = f"{min(memory)} to {max(memory)} MB", f"{memory[-1]} MB"
        lines.append(_line(row["jobs"], row["compared"], len(row["wrong"]), *counts, *held))
    return lines


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
    lines = _head("measure", "better", baseline, *titles)
    for measure in found[0]["measures"]:
        medians = [evaluation["medians"][measure["key"]] for evaluation in found]
        cells = [_interval(medians[0]["baseline"], measure["decimals"])]
        for at in medians:
            cells.append(_interval(at["result"], measure["decimals"]))
            cells.append(f"{at['result_better_on']} of {at['result']['n']}")
        title = f"{measure['title']} ({measure['unit']})" if measure["unit"] else measure["title"]
        lines.append(_line(title, measure["better"], *cells))
    return "\n".join(lines)


def _interval(at: Mapping[str, float], decimals: int) -> str:
    """A median and the interval around it."""
    median, low, high = (f"{at[key]:.{decimals}f}" for key in ("median", "low", "high"))
    return f"{median} ({low} to {high})"


def in_short_table() -> str:
    """Medians of a few measures, of the published results and of jphoto's."""
    path = ROOT / "bench" / "results" / "eval" / "default-vgg16.json"
    found = json.loads(path.read_text())
    lines = _head("", "published", "jphoto", "jphoto is better on")
    for measure in found["measures"]:
        if measure["key"] in IN_SHORT:
            at = found["medians"][measure["key"]]
            cells = [
                f"{at[side]['median']:.{measure['decimals']}f}" for side in ("baseline", "result")
            ]
            title = f"{measure['title']} ({measure['better']} is better)"
            lines.append(_line(title, *cells, f"{at['result_better_on']} of {at['result']['n']}"))
    return "\n".join(lines)


IN_SHORT = "style_distance", "color_distance", "edge_similarity", "affine_residual"
"""Measures of the table in the README."""


TABLES = {
    "in_short": in_short_table,
    "settings": settings_table,
    "published": published_table,
    "regions": regions_table,
    "truth": truth_table,
    "looks": looks_table,
    "looks_truth": looks_truth_table,
    "looks_mixes": looks_mixes_table,
    "looks_batch": looks_batch_table,
    "laplacian": laplacian_table,
    "benchmark": benchmark_table,
    "solve": solve_table,
    "first_look": first_look_table,
    "proportions": proportions_table,
    "cores": cores_table,
    "memory": memory_table,
    "batch": batch_table,
    "lift": lift_table,
    "app": app_table,
    "app_soak": app_soak_table,
    "frontier": frontier_table,
}


def updated(text: str) -> str:
    """A page's text with every table written anew between its two comments."""
    for name, table in TABLES.items():
        marked = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text = marked.sub(lambda match, table=table: match[1] + table() + "\n" + match[2], text)
    return text


def _by_machine(
    case: str, lines: Callable[[Mapping[str, Any], list[dict[str, Any]]], list[str]]
) -> str:
    """A table for each machine that has results of the case."""
    found = [
        "\n".join(lines(result, rows))
        for result in results().values()
        if (rows := rows_of(result, case))
    ]
    if not found:
        raise LookupError(f"bench/results has nothing about {case}: run bench/run.py")
    return "\n\n".join(found)


def _head(*titles: str) -> list[str]:
    return [_line(*titles), _line(*("---" for _ in titles))]


def _line(*cells: object) -> str:
    return "|" + "".join(f" {cell} |" if str(cell) else " |" for cell in cells)


def _size(row: Mapping[str, Any]) -> str:
    """Width x height of the content photo."""
    return f"{row['size']['width']} x {row['size']['height']}"


def _time(seconds: float) -> str:
    """A time in milliseconds, with about three digits."""
    return f"{1e3 * seconds:.1f} ms" if seconds < 0.02 else f"{1e3 * seconds:.0f} ms"


def main() -> None:
    """Write the tables and, with --plots, the plots."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plots", action="store_true", help="draw the plots in docs/ too")
    if parser.parse_args().plots:
        import plots

        plots.draw(results(), ROOT / "docs" / "pictures")
    for page in PAGES:
        page.write_text(updated(page.read_text()))


if __name__ == "__main__":
    main()
