"""Tables of memory: of single transfers, of batches, and of the lift to full size."""

import statistics
from collections.abc import Mapping
from typing import Any

from scripts.readme_tables.cells import head_of, line_of, size_of
from scripts.readme_tables.records import by_machine, machine


def memory_table() -> str:
    """Peak memory of a process; on an accelerator, of the device."""
    return by_machine("memory", _memory_lines)


def _memory_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    names = [name for name in MEMORY_WORDS if name in rows[0]["processes"]]
    lines = [
        f"Peak memory, {machine(result)}:",
        "",
        *head_of("size", *(MEMORY_WORDS[name] for name in names)),
    ]
    for row in rows:
        peaks = [row["processes"][name]["peak_bytes"] for name in names]
        cells = [f"{peak.get('device', peak['resident']) / 1e9:.2f} GB" for peak in peaks]
        lines.append(line_of(size_of(row), *cells))
    return lines


MEMORY_WORDS = {
    "evaluation": "loss and gradient",
    "rival": "the same by PyTorch",
    "transfer": "whole transfer",
}


def batch_table() -> str:
    """Memory of a batch after some of its pairs, and how long a pair takes."""
    return by_machine("batch_memory", _batch_lines)


def _batch_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    lines = []
    for row in rows:
        title = (
            f"{row['pairs']} pairs of mixed sizes, {row['long_side']} pixels, {machine(result)}:"
        )
        lines += [title, "", *head_of("after pair", "memory", "peak so far", "memory mappings")]
        for number in sorted({1, row["pairs"], *range(10, row["pairs"], 10)}):
            held = row["after_pairs"][number - 1]
            gigabytes = (f"{held[name] / 1e9:.2f} GB" for name in ("resident", "peak"))
            lines.append(line_of(number, *gigabytes, f"{held['mappings']:,}"))
        pair, alone = row["median_seconds_a_pair"], statistics.median(row["alone_seconds"])
        lines += ["", f"A pair takes {pair:.0f} s; alone, in a process of its own, {alone:.0f} s."]
    return lines


def lift_table() -> str:
    """The lift to full size: seconds, memory, and PSNR to the solved picture."""
    return by_machine("lift", _lift_lines)


def _lift_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    lines = [
        f"Medians over photos, and the worst, {machine(result)}:",
        "",
        *head_of("megapixels", "photos", "file", "read", "lift", "write", "peak memory", "PSNR"),
    ]
    for kind in sorted({(row["megapixels"], row["suffix"]) for row in rows}):
        some = [row for row in rows if (row["megapixels"], row["suffix"]) == kind]
        medians = [statistics.median(r["seconds"][p] for r in some) for p in LIFT_PHASES]
        seconds = [f"{median:.1f} s" for median in medians]
        peak = f"{max(row['peak_bytes'] for row in some) / 1e9:.2f} GB"
        psnr = [row["psnr"] for row in some]
        quality = f"{statistics.median(psnr):.0f} dB, {min(psnr):.0f} dB"
        lines.append(line_of(kind[0], len(some), kind[1], *seconds, peak, quality))
    return lines


LIFT_PHASES = ("read", "lift", "write")
