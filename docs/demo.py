"""Put output and picture of the last ``make demo`` into the README: ``python -m docs.demo``."""

from __future__ import annotations

from pathlib import Path

from faultprint.serve.report import choose_sensors
from faultprint.stages.judging import held_out_periods, judge
from faultprint.stages.summary import summary
from faultprint.stages.workspace import Workspace, read_frames
from faultprint.store.parquet import read_table
from faultprint.store.settings import load_settings
from faultprint.store.timeline import timeline_figure

PLACE = Path(__file__).parent / "images" / "timeline.png"
README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- demo output -->", "<!-- end of demo output -->"


def told() -> None:
    """Put what the job printed last between the marks of the README."""
    text = README.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    said = summary(Workspace(Path()))
    README.write_text(f"{before}{BEGIN}\n```text\n{said}\n```\n{END}{after}", "utf-8")


def drawn(asset: str = "P-109") -> None:
    """Draw an asset over the judged time: expected, observed, incidents, failures."""
    workspace, settings = Workspace(Path()), load_settings(Path("params.yaml"))
    periods = held_out_periods(read_frames(workspace.expected / "windows"))
    incidents = read_table(workspace.results, "incidents")
    judged = judge(incidents, read_table(workspace.tables, "events"), periods, settings)
    start = periods.loc[periods["asset"] == asset, "start"].iloc[0]
    residuals = read_table(workspace.results, "residuals")
    shown = residuals[(residuals["asset"] == asset) & (residuals["end"] > start)]
    sensors = choose_sensors(shown, judged.incidents, asset)
    picture = timeline_figure(shown, judged.incidents, judged.failures, asset, sensors)
    PLACE.parent.mkdir(exist_ok=True)
    PLACE.write_bytes(picture)


if __name__ == "__main__":
    told()
    drawn()
