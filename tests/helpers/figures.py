"""The figures at the end of a run: the slowest tests, and how many programs XLA compiled."""

import jax

SLOWEST = 3
COMPILED = "/jax/core/compile/backend_compile_duration"
"""The event of jax that comes with each program that XLA compiles."""


def note_compilations(seen):
    """Append its name to a list with each program that XLA compiles from now on.

    Returns: the listener, for `unregister_event_duration_listener`.
    """

    def note(event, seconds, fun_name="", **_):
        if event == COMPILED:
            seen.append(fun_name)

    jax.monitoring.register_event_duration_secs_listener(note)
    return note


class Figures:
    """A plugin that adds up the compilations of this process and of pytest-xdist's workers."""

    def __init__(self) -> None:
        self.compilations = 0
        jax.monitoring.register_event_duration_secs_listener(self._note)

    def _note(self, event, seconds, **_):
        self.compilations += event == COMPILED

    def pytest_sessionfinish(self, session):
        """In a worker: send the count to the process that started it."""
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["compilations"] = self.compilations

    def pytest_terminal_summary(self, terminalreporter):
        reports = [
            report
            for reports in terminalreporter.stats.values()
            for report in reports
            if getattr(report, "when", None) == "call"
        ]
        reports.sort(key=lambda report: -report.duration)
        terminalreporter.section("figures")
        for report in reports[:SLOWEST]:
            terminalreporter.write_line(f"{report.duration:6.1f} s  {report.nodeid}")
        terminalreporter.write_line(f"{self.compilations} programs compiled")


class Workers:
    """Hooks of pytest-xdist, which exist only where it is installed and in use."""

    def __init__(self, figures: Figures) -> None:
        self.figures = figures

    def pytest_testnodedown(self, node):
        """In the process that started the workers: one has ended."""
        self.figures.compilations += getattr(node, "workeroutput", {}).get("compilations", 0)
