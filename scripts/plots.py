"""Draws what the benchmarks measured, as convergence.svg and memory.svg of the docs.

Each picture carries a digest of the figures it shows, so that a test can tell one that is out of
date without drawing it.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

COLORS = {"jphoto": "#c2410c", "rival": "#1d4ed8", "second rival": "#0f766e"}
METHODS = {
    "jphoto": ("jphoto", COLORS["jphoto"]),
    "published-lbfgs": ("PyTorch, L-BFGS as published", COLORS["rival"]),
    "wolfe-lbfgs": ("PyTorch, L-BFGS with line search", COLORS["second rival"]),
}
PROCESSES = {
    "evaluation": ("jphoto, loss and gradient", COLORS["jphoto"]),
    "rival": ("PyTorch, loss and gradient", COLORS["rival"]),
    "transfer": ("jphoto, whole transfer", COLORS["second rival"]),
}
CASES = {"convergence": "solve", "memory": "memory"}
"""What each picture shows."""


def shown(results: Mapping[str, Any], name: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """For each machine that has the picture's case: the machine, and the rows that went well."""
    found = []
    for result in results.values():
        rows = result["cases"].get(CASES[name], {}).get("rows", [])
        rows = [row for row in rows if "error" not in row]
        if rows:
            device = result["machine"]["device"]
            machine = result["machine"]["processor"] if device == "cpu" else device
            found.append((machine, sorted(rows, key=lambda row: row["long_side"])))
    return found


def digest(results: Mapping[str, Any], name: str) -> str:
    """Of all that a picture shows."""
    return hashlib.sha256(json.dumps(shown(results, name), sort_keys=True).encode()).hexdigest()


def stale(results: Mapping[str, Any], folder: Path) -> list[str]:
    """Pictures that are not of these results, or lacking."""
    names = []
    for name in CASES:
        path = folder / f"{name}.svg"
        drawn = path.read_text() if path.exists() else ""
        if shown(results, name) and digest(results, name) not in drawn:
            names.append(name)
    return names


def draw(results: Mapping[str, Any], folder: Path) -> None:
    """Every picture for which there are results; a column for each machine."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # Names of parts are made from this and not at random: the same figures are the same file.
    mpl.rcParams.update({"svg.hashsalt": "jphoto", "font.size": 9})
    for name, axes_of in (("convergence", _convergence), ("memory", _memory)):
        machines = shown(results, name)
        if not machines:
            continue
        figure = Figure(figsize=(5.2 * len(machines), 3.4), layout="constrained")
        for axes, (machine, rows) in zip(
            figure.subplots(1, len(machines), squeeze=False)[0], machines, strict=True
        ):
            axes_of(axes, rows)
            axes.set_title(axes.get_title() + machine)
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(alpha=0.25)
            axes.legend(frameon=False)
        metadata = {"Date": None, "Description": f"sha256 {digest(results, name)}"}
        figure.savefig(folder / f"{name}.svg", metadata=metadata)


def _convergence(axes: Any, rows: list[dict[str, Any]]) -> None:
    """The best objective so far over seconds, at the largest size."""
    row = rows[-1]
    for method, found in row["methods"].items():
        label, color = METHODS[method]
        curve = found["curve"]
        axes.step(curve["seconds"], curve["objective"], where="post", label=label, color=color)
        axes.plot(curve["seconds"][-1], curve["objective"][-1], "o", color=color, markersize=4)
    axes.axhline(row["methods"]["jphoto"]["objective"], color="gray", linewidth=0.8, linestyle=":")
    axes.set(xscale="log", yscale="log", xlabel="seconds", ylabel="objective")
    axes.set_title(f"{row['long_side']} px, ")


def _memory(axes: Any, rows: list[dict[str, Any]]) -> None:
    """Peak memory over size."""
    for process, (label, color) in PROCESSES.items():
        peaks = [
            (row["long_side"], row["processes"][process]["peak_bytes"])
            for row in rows
            if process in row["processes"]
        ]
        if peaks:
            sizes, found = zip(*peaks, strict=True)
            held = [peak.get("device", peak["resident"]) / 1e9 for peak in found]
            axes.plot(sizes, held, "o-", label=label, color=color, markersize=4)
    axes.set(xlabel="long side, pixels", ylabel="peak memory, GB", ylim=(0, None))
