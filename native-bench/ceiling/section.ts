/** The section of BENCHMARKS.md on the ceiling, from results/ceiling.json. render.ts puts it in. */
import type { CeilingFigures } from '../ceiling.ts'
import { circumstances, grouped, spread } from '../markdown.ts'
import type { Report } from '../report.ts'
import { wordsOf } from './ways.ts'

const digits = (value: number): string => value.toFixed(2)

/** The whole section. */
export function ceilingSection(report: Report<CeilingFigures>): string {
  const { bytesPerRecord, postgresSettings, records, rounds, versions, ways } = report.figures
  const settings = Object.entries(postgresSettings).map(([name, value]) => `${name} = ${value}`)
  const lines = ways.map(way =>
    [
      wordsOf(way),
      spread(way.rowsPerSecond, grouped),
      spread(way.postgresCpuUsPerRow, digits),
      spread(way.ofFull, digits),
    ].join(' | '),
  )
  return `## The ceiling

How fast does this Postgres take rows that are encoded already? The program stores ${grouped(records)} JSON records of ${Math.round(bytesPerRecord)} bytes in the mean once; the server writes the rows, byte for byte as the program has sent them, to two files of its own disk in each format, and loads them again by COPY into an empty database with the same table and index, \`synchronous_commit = off\`. One session loads the two files one after the other, two sessions load one each. The ways take turns, ${rounds.length} rounds, each begun by another, after a round that does not count. CPU is that of Postgres with all its backends.

${circumstances(report, [`Kafka ${versions.kafka}`, `Postgres ${versions.postgres}`])} · postgresql.conf: ${settings.join(', ')}

Median (least–most); the ratio is to binary by 2 sessions, within the round:

| COPY | rows/s | CPU of Postgres, µs a row | of binary, 2 sessions |
|---|--:|--:|--:|
${lines.map(cells => `| ${cells} |`).join('\n')}`
}
