/**
 * What a panel of our boards is, and how the Grafana foundation SDK builds it. The boards themselves are beside this
 * file; index.ts writes them.
 */
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import { GraphDrawStyle, StackingConfigBuilder, StackingMode } from '@grafana/grafana-foundation-sdk/common'
import type { DynamicConfigValue, Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as HeatmapBuilder, YAxisConfigBuilder } from '@grafana/grafana-foundation-sdk/heatmap'
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'

/** As observability/grafana/provisioning/datasources names them. */
export const sources = {
  prometheus: { type: 'prometheus', uid: 'prometheus' },
  postgres: { type: 'grafana-postgresql-datasource', uid: 'postgres' },
} as const

/** PromQL with the name of each series, or SQL, which names its columns itself. */
export type Query = { readonly expr: string; readonly legend: string } | { readonly sql: string }

export interface Figure {
  readonly kind: 'lines' | 'bars' | 'stat' | 'heatmap' | 'table'
  readonly title: string
  readonly description: string
  /** Of Grafana: short, s, bytes, Bps, percentunit, … */
  readonly unit: string
  readonly queries: readonly Query[]
  /** Of 24. */
  readonly width: number
  /** There is something to show only when something is wrong, or rare; and what the panel says until then. */
  readonly quiet?: string
  /** Least time between two points, such as 1m. */
  readonly interval?: string
  /** Column by column: what differs from the panel, such as its unit or a link. */
  readonly columns?: Readonly<Record<string, DynamicConfigValue[]>>
}

const letterOf = (index: number): string => String.fromCharCode(65 + index)

/** The SDK has no query of Postgres. */
class SqlBuilder implements Builder<Dataquery> {
  private readonly query: object

  constructor(rawSql: string, format: 'time_series' | 'table', refId: string) {
    this.query = { refId, rawSql, format, rawQuery: true, editorMode: 'code', datasource: sources.postgres }
  }

  build(): Dataquery {
    return { ...this.query, _implementsDataqueryVariant: () => undefined }
  }
}

function targetOf(query: Query, kind: Figure['kind'], index: number): Builder<Dataquery> {
  const refId = letterOf(index)
  if ('sql' in query)
    return new SqlBuilder(query.sql, kind === 'lines' || kind === 'bars' ? 'time_series' : 'table', refId)
  const target = new DataqueryBuilder()
    .refId(refId)
    .datasource(sources.prometheus)
    .expr(query.expr)
    .legendFormat(query.legend)
  if (kind === 'heatmap') return target.range().format(PromQueryFormat.Heatmap)
  return kind === 'stat' || kind === 'table' ? target.instant() : target.range()
}

function builderOf({ kind, unit }: Figure) {
  if (kind === 'stat') return new StatBuilder()
  if (kind === 'table') return new TableBuilder()
  if (kind === 'heatmap') return new HeatmapBuilder().yAxis(new YAxisConfigBuilder().unit(unit))
  const lines = new TimeseriesBuilder().fillOpacity(10)
  if (kind === 'lines') return lines
  return lines
    .drawStyle(GraphDrawStyle.Bars)
    .fillOpacity(80)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal))
}

const HEIGHT = 8
const STAT_HEIGHT = 4

/** The panel of a figure; all its queries ask the same data source. */
export function panelOf(figure: Figure): Builder<Panel> {
  const isSql = figure.queries.every(query => 'sql' in query)
  const panel = builderOf(figure)
    .title(figure.title)
    .description(figure.description)
    .unit(figure.unit)
    .datasource(isSql ? sources.postgres : sources.prometheus)
    .height(figure.kind === 'stat' ? STAT_HEIGHT : HEIGHT)
    .span(figure.width)
  if (figure.quiet !== undefined) panel.noValue(figure.quiet)
  if (figure.interval !== undefined) panel.interval(figure.interval)
  for (const [name, properties] of Object.entries(figure.columns ?? {}))
    panel.overrideByName(name, properties)
  figure.queries.forEach((query, index) => {
    panel.withTarget(targetOf(query, figure.kind, index))
  })
  return panel
}
