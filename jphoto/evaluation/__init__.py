"""How good are results: every pair of a folder measured alike, and what holds over all pairs.

    from jphoto import evaluation
    found = evaluation.evaluate("pairs", "runs/{i}/out.png", baseline="published")
    evaluation.write(found, "report")

The protocol is frozen under a name, `protocol.VERSION`; figures of two names do not compare:
- The content photo is reduced to a long side of at most 700 pixels, and so is the style photo.
- A result of another size is resized to the content's, which its record says. One whose short side
  then misses by more than 2 pixels has other proportions, and its pair is not measured.
- The measures are those of `jphoto.metrics`, in the tables of `protocol`; regions are matched as
  in a transfer, and without masks the whole photos are compared.
- Over all pairs: the median with a 95 % percentile-bootstrap interval of 2000 resamples. Against a
  baseline also the median of the paired differences, and on how many pairs the result is better.
- What is not a number (banding of a content photo with nothing flat) is left out, and n says so.
- A pair that cannot be read is named with its reason and counted, never skipped in silence.
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
