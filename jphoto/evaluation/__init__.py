"""Evaluation of results: the measures of `jphoto.metrics` on all pairs of a folder, and statistics.

    from jphoto import evaluation
    study = evaluation.evaluate("pairs", "runs/{i}/out.png", baseline="published")
    evaluation.write(study, "report")

The protocol is frozen under a name, `protocol.VERSION`; figures under two names are not comparable:
- Content and style photos are reduced to a long side of at most 700 pixels.
- A result of another size is resized to the content's size, and its record says so. If its short
  side is then off by more than 2 pixels, the proportions differ and the pair is not measured.
- The measures are those of `jphoto.metrics`, listed in `protocol`. Regions are matched as in a
  transfer; without masks, whole photos are compared.
- Over all pairs, the median is given with a 95 % percentile-bootstrap interval of 2000 resamples;
  with a baseline, also the median of the paired differences, and the number of pairs on which the
  result is better.
- Values that are not numbers (banding of a content photo without flat parts) are left out, and n
  counts the others.
- A pair that cannot be measured is listed with the reason and counted, never skipped silently.

`layouts` finds the files of a study, `study` measures pair by pair, `statistics` has medians and
intervals, `tables` writes a study as JSON and Markdown, and `files` puts it on disk. `fidelity`
describes how a single picture differs from its original.
"""

from jphoto.evaluation.files import check_outputs, write
from jphoto.evaluation.protocol import LONG_SIDE, MEASURES, TRUTH_MEASURES, VERSION, Measure
from jphoto.evaluation.statistics import Comparison, Interval, compare, median_interval
from jphoto.evaluation.study import Evaluation, PairRecord, Summary, evaluate
from jphoto.evaluation.tables import count_line, median_table, to_json, to_markdown

__all__ = [
    "LONG_SIDE",
    "MEASURES",
    "TRUTH_MEASURES",
    "VERSION",
    "Comparison",
    "Evaluation",
    "Interval",
    "Measure",
    "PairRecord",
    "Summary",
    "check_outputs",
    "compare",
    "count_line",
    "evaluate",
    "median_interval",
    "median_table",
    "to_json",
    "to_markdown",
    "write",
]
