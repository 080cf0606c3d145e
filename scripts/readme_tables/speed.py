"""Tables of times: of parts of the objective, of solves, and of whole commands."""

from collections.abc import Mapping
from typing import Any

from scripts.readme_tables.cells import head_of, line_of, milliseconds, size_of
from scripts.readme_tables.records import by_machine, machine


def laplacian_table() -> str:
    """Median times of the product and its set-up; the ratio is the sparse matrix's to ours."""
    return by_machine("laplacian", _laplacian_lines)


def _laplacian_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    lines = []
    for row in rows:
        names = [name for name in LAPLACIAN_WORDS if name in row["product_seconds"]]
        words = [LAPLACIAN_WORDS[name] for name in names]
        lines += [
            f"{size_of(row)} pixels, 3 planes, {machine(result)}:",
            "",
            *head_of("", *words, "ratio"),
        ]
        for title, key in (("product", "product_seconds"), ("set-up", "setup_seconds")):
            medians = {name: times["median"] for name, times in row[key].items()}
            cells = [milliseconds(medians[name]) if name in medians else "" for name in names]
            other = medians.get("matrix", medians.get("torch"))
            ratio = f"{other / medians['jphoto']:.1f}" if other else ""
            lines.append(line_of(title, *cells, ratio))
    return lines


LAPLACIAN_WORDS = {
    "jphoto": "jphoto",
    "stencil": "25-point stencil",
    "matrix": "sparse matrix",
    "torch": "PyTorch CSR",
}


def benchmark_table() -> str:
    """Median times of one loss and gradient, beside the faster PyTorch program."""
    return by_machine("objective", _benchmark_lines)


def _benchmark_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    lines = [
        f"One loss and gradient, {machine(result)}:",
        "",
        *head_of("size", "regions", "precision", "jphoto", "PyTorch", "ratio"),
    ]
    for row in rows:
        medians = {name: times["median"] for name, times in row["seconds"].items()}
        theirs = "", ""
        if "rival" in row:
            theirs = milliseconds(medians[row["rival"]]), f"{row['ratio']:.2f}"
        own = milliseconds(medians["jphoto"])
        lines.append(line_of(size_of(row), row["regions"], row["precision"], own, *theirs))
    return lines


def solve_table() -> str:
    """Evaluations and seconds to reach the same objective from the same start."""
    return by_machine("solve", _solve_lines)


def _solve_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    lines = []
    for row in rows:
        lines += [
            f"{size_of(row)} pixels, {machine(result)}:",
            "",
            *head_of("", "evaluations", "seconds", "set-up", "objective"),
        ]
        for name, found in row["methods"].items():
            seconds, set_up = f"{found['seconds']:.2f}", f"{found['prepare_seconds']:.2f}"
            objective = f"{found['objective']:.3f}"
            title = SOLVE_WORDS[name]
            lines.append(line_of(title, found["evaluations"], seconds, set_up, objective))
    return lines


SOLVE_WORDS = {
    "jphoto": "jphoto",
    "published-lbfgs": "PyTorch, L-BFGS as published",
    "wolfe-lbfgs": "PyTorch, L-BFGS with line search",
}


def first_look_table() -> str:
    """Seconds to a first look, and of what comes before the first step."""
    return by_machine("first_look", _first_look_lines)


def _first_look_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    lines = [f"Medians, {machine(result)}:", "", *head_of("", "seconds", "first run")]
    for row in rows:
        for name, times in row["seconds"].items():
            title = FIRST_LOOK_WORDS.get(name, name).format(row.get("megapixels", 0))
            first = row["first_seconds"][name]
            lines.append(line_of(title, f"{times['median']:.1f}", f"{first:.1f}"))
    return lines


FIRST_LOOK_WORDS = {
    "inside, regions found": "preview in a running process, regions found",
    "inside, masks": "preview in a running process, masks given",
    "process": "preview as a whole process, {:.0f} megapixels in and out",
    "prepare": "default: between regions and the first step",
}


def proportions_table() -> str:
    """Seconds of the first transfer of new proportions, and of the second."""
    return by_machine("proportions", _proportions_lines)


def _proportions_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    title = f"{rows[0]['long_side']} pixels, {machine(result)}, in this order:"
    lines = [title, "", *head_of("width to height", "first", "second", "compilation")]
    return lines + [
        line_of(
            row["proportions"],
            *(f"{round(row[f'{name}_seconds'])} s" for name in ("first", "second", "further")),
        )
        for row in rows
    ]


def cores_table() -> str:
    """How many cores a transfer and its parts keep busy."""
    return by_machine("busy_cores", _cores_lines)


def _cores_lines(result: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    title = f"{size_of(rows[0])} pixels, {machine(result)}:"
    head = head_of("", "seconds", "busy cores")
    cells = [(row["row"], f"{row['seconds']:.2f}", f"{row['cores']:.2f}") for row in rows]
    return [title, "", *head, *(line_of(*row) for row in cells)]
