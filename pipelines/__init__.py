"""Prefect flows around the stages of Faultprint; the only code that imports Prefect.

Prefect reads its settings from the environment when it is first imported, so they are put there
here, before any module of this package can import it.
"""

from pipelines.runtime import prepare

prepare()
