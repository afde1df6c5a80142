/** The tables of docs/logging.md: every event as a line, from src/log.ts, and what ends a failure. Neighbour: sections.ts. */
import { endings, recoveryName } from '../../src/event-log.ts'
import type { EventName } from '../../src/events.ts'
import { lines } from '../../src/log.ts'

type Row = (typeof lines)[EventName]

const levelText = ({ level }: Row): string =>
  typeof level === 'string' ? level : `${level.yes} or ${level.no}`

const names = Object.keys(lines) as EventName[]

/** Events in the order of the source, then the lines about the end of failures. */
export function eventsTable(): string {
  const rows = names
    .filter(name => !name.endsWith(':recovered'))
    .map(name => `| \`${name}\` | ${levelText(lines[name])} | ${lines[name].message} |`)
  const ends = Object.entries(endings).map(([name, { of, message = lines[name as EventName].message }]) => [
    `\`${recoveryName(of)}\``,
    message,
    `\`${of}\``,
  ])
  const unique = new Map(ends.map(cells => [cells[0], cells]))
  return [
    '| Event | Level | Says |',
    '|---|---|---|',
    ...rows,
    '',
    '| Event, at info | Says | Ends |',
    '|---|---|---|',
    ...[...unique.values()].map(cells => `| ${cells.join(' | ')} |`),
  ].join('\n')
}
