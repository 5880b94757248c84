"""``python -m pipelines server start`` is ``prefect server start`` with our settings."""

import sys

from pipelines.runtime import run

run(sys.argv[1:])
