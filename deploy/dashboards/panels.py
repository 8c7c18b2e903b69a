"""The few kinds of panel that all dashboards are made of: one look, one data source."""

from grafana_foundation_sdk.builders.common import StackingConfig, VizLegendOptions
from grafana_foundation_sdk.builders.dashboard import (
    Dashboard,
    DatasourceVariable,
    ThresholdsConfig,
)
from grafana_foundation_sdk.builders.heatmap import Panel as Heatmap
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.builders.stat import Panel as Stat
from grafana_foundation_sdk.builders.timeseries import Panel as TimeSeries
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement, StackingMode
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DataSourceRef,
    Threshold,
    ThresholdsMode,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SOURCE = DataSourceRef(type_val="prometheus", uid="${source}")
_HEIGHT, _WIDE, _SMALL = 8, 12, 4


def dashboard(name: str, title: str, about: str, *panels: Stat | TimeSeries | Heatmap) -> Dashboard:
    """The dashboard `tagstream-<name>` of these panels, with a choice of data source."""
    source = DatasourceVariable("source").label("Data source").type("prometheus")
    made = (
        Dashboard(title)
        .uid(f"tagstream-{name}")
        .description(about)
        .tags(["tagstream"])
        .time("now-1h", "now")
        .refresh("10s")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .readonly()
        .with_variable(source)
    )
    for panel in panels:
        made.with_panel(panel)
    return made


def stat(
    title: str, about: str, expression: str, unit: str = "short", *, bad_from: float | None = None
) -> Stat:
    """One number of now; red from `bad_from` on."""
    steps = [Threshold(value=None, color="green")]
    if bad_from is not None:
        steps.append(Threshold(value=bad_from, color="red"))
    return (
        Stat()
        .title(title)
        .description(about)
        .datasource(SOURCE)
        .unit(unit)
        .height(_SMALL)
        .span(_SMALL)
        .thresholds(ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps))
        .with_target(_query(expression, ""))
    )


def lines(
    title: str, about: str, queries: dict[str, str], unit: str = "short", *, stacked: bool = False
) -> TimeSeries:
    """Curves over time; `queries` by legend, which may name labels as `{{topic}}`."""
    panel = (
        TimeSeries()
        .title(title)
        .description(about)
        .datasource(SOURCE)
        .unit(unit)
        .height(_HEIGHT)
        .span(_WIDE)
        .fill_opacity(30 if stacked else 8)
        .legend(_legend())
    )
    if stacked:
        panel = panel.stacking(_stacking())
    for legend, expression in queries.items():
        panel = panel.with_target(_query(expression, legend))
    return panel


def heat(title: str, about: str, expression: str) -> Heatmap:
    """A histogram over time: `expression` gives its buckets."""
    return (
        Heatmap()
        .title(title)
        .description(about)
        .datasource(SOURCE)
        .height(_HEIGHT)
        .span(_WIDE)
        .with_target(_query(expression, "{{le}}").format(PromQueryFormat.HEATMAP))
    )


def rate(counter: str, by: str = "") -> str:
    """The expression of how fast one of our counters rises, summed by some labels."""
    return f"sum{f' by ({by})' if by else ''} (rate({counter}[$__rate_interval]))"


def quantile(share: float, metric: str, by: str = "") -> str:
    """The expression of a quantile of one of our histograms."""
    labels = f"le, {by}" if by else "le"
    rates = f"sum by ({labels}) (rate({metric}_bucket[$__rate_interval]))"
    return f"histogram_quantile({share}, {rates})"


def _query(expression: str, legend: str) -> Dataquery:
    return Dataquery().datasource(SOURCE).expr(expression).legend_format(legend)


def _legend() -> VizLegendOptions:
    return (
        VizLegendOptions()
        .show_legend(show_legend=True)
        .display_mode(LegendDisplayMode.LIST)
        .placement(LegendPlacement.BOTTOM)
    )


def _stacking() -> StackingConfig:
    return StackingConfig().mode(StackingMode.NORMAL)
