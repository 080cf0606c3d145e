"""When each step of a transfer was done, in a process of its own.

    python -m bench.app.steps CONTENT STYLE NETWORK

It prints the seconds of each step as JSON.
"""

import json
import subprocess
import sys
from pathlib import Path

import jphoto
from bench.harness.processes import module_command, module_environment
from jphoto.cli.run import keep_compiled_programs
from jphoto.solver.progress import Progress


def steps_of_transfer(content: Path, style: Path, network: str) -> dict[int, float]:
    """Seconds since the beginning, by the number of the step.

    Args:
      content: path of the content photo.
      style: path of the style photo.
      network: whose features are compared.

    Raises: subprocess.CalledProcessError, if the transfer fails.
    """
    command = module_command("bench.app.steps", content, style, network)
    done = subprocess.run(command, env=module_environment(), capture_output=True, check=True)
    return {int(step): seconds for step, seconds in json.loads(done.stdout).items()}


def main() -> int:
    content, style, network = sys.argv[1:]
    settings, done = jphoto.Settings(backbone=network), dict[int, float]()
    keep_compiled_programs()
    jphoto.transfer(content, style, settings=settings)  # loads the programs, as the app has

    def note(progress: Progress) -> None:
        if progress.step:
            done[progress.step] = progress.seconds

    jphoto.transfer(content, style, settings=settings, progress=note)
    print(json.dumps(done))
    return 0


if __name__ == "__main__":
    sys.exit(main())
