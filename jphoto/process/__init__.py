"""Runs the command line in a process of its own, and answers for it; memory and phases of work.

Compiled libraries hold up Python's own handlers of signals for up to a minute, and end the process
where memory is refused. So a command runs in a fork, the worker, and the process that the shell
started, the watch, does nothing but wait: it answers Ctrl-C at once, removes drafts of files that a
killed worker left, and says in one line how a worker died. It imports nothing beyond the standard
library, so that it is in place before anything else is imported.

- `watch`: signals, the worker's end, exit status;
- `worker`: standard streams of the worker, and errors that nothing expected, as one line;
- `news`: what the worker tells the watch;
- `refusals`: whether memory was refused, in words;
- `memory`: how much is free, and giving it back;
- `phases`: what a long piece of work is doing, as lines of the log.

Where there is no fork (Windows), the command runs in the only process there is.
"""

from jphoto.process.watch import guarded

__all__ = ["guarded"]
