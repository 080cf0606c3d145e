"""Whether a program ended because the system refused it memory or time, and how that is said.

Each library has words of its own for it, and some end the process. Under a limit of the shell
(`ulimit -v`) even imports fail, in any way.
"""

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

PLENTY_BYTES = 4_000_000_000
"""Address space in which a small transfer never failed; libraries reserve much more than they use.
Measured on Linux: 2.5 GB with 2 cores; threads of further cores reserve more."""
LEAST_BYTES = 2_000_000_000
"""Address space below which no transfer succeeds; with 0.6 GB, imports never end."""
WORDS = (
    "bad_alloc", "out of memory", "out_of_memory", "resource_exhausted", "cannot allocate memory",
    "unable to allocate", "failed to allocate", "pthread_create", "can't start new thread",
    "failed to map segment", "memoryerror", "resource temporarily unavailable",
)  # fmt: skip
"""In lower case, of Python, NumPy, XLA, LLVM, OpenBLAS, libvips and the system's loader."""


def is_refusal(text: str) -> bool:
    """Whether memory was refused, judged by a message and by the limits of this process.

    Args:
      text: an error's class and message, or what libraries wrote before the process died.
    """
    granted = granted_bytes()
    tight = granted is not None and granted < PLENTY_BYTES
    return tight or any(word in text.lower() for word in WORDS)


def refusal() -> str:
    """A line that says so, and what to do."""
    granted = granted_bytes()
    if granted is None:
        return "the system has no more memory; give a smaller --size, or end other programs"
    return (
        f"memory ran out: this shell grants a program {granted / 1e9:.1f} GB (ulimit -v, -d), and "
        f"jphoto needs about {PLENTY_BYTES / 1e9:.0f} GB; raise the limit, or give a smaller --size"
    )


def is_time_over() -> bool:
    """Whether the processes that this one has waited for used up the time that it is granted."""
    if resource is None:
        return False
    limit = resource.getrlimit(resource.RLIMIT_CPU)[0]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return limit != resource.RLIM_INFINITY and used.ru_utime + used.ru_stime > limit - 1


def granted_bytes() -> int | None:
    """The address space or data that the system grants this process; None for no limit."""
    if resource is None:
        return None
    kinds = (resource.RLIMIT_AS, resource.RLIMIT_DATA)
    limits = [resource.getrlimit(kind)[0] for kind in kinds]
    return min((limit for limit in limits if limit != resource.RLIM_INFINITY), default=None)
