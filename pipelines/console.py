"""What a terminal shows of a refusal: its sentence, and not where in the code it arose.

Errors that Faultprint raises on purpose say what to do. Prefect logs each with its traceback, once
for the task and once for every flow around it, and the sentence is lost among them. The run that
Prefect keeps holds them in full, and any other error is shown as it was.
"""

from __future__ import annotations

import copy
import logging

from faultprint.errors import FaultprintError


class Sentences(logging.Formatter):
    """Formats records as another formatter does, refusals without their traceback.

    Parameters
    ----------
    shown : logging.Formatter
        The other formatter.
    """

    def __init__(self, shown: logging.Formatter) -> None:
        super().__init__()
        self.shown = shown

    def format(self, record: logging.LogRecord) -> str:
        """Format a record.

        Parameters
        ----------
        record : logging.LogRecord
            The record, which is left as it is for other handlers.

        Returns
        -------
        str
            Its text.
        """
        if record.exc_info and isinstance(record.exc_info[1], FaultprintError):
            record = copy.copy(record)
            record.exc_info = record.exc_text = None
        return self.shown.format(record)


def show_sentences(logger: logging.Logger) -> None:
    """Let all handlers of a logger show refusals as sentences.

    Parameters
    ----------
    logger : logging.Logger
        The root logger, whose handlers write to the terminal.
    """
    for handler in logger.handlers:
        handler.setFormatter(Sentences(handler.formatter or logging.Formatter()))
