/** The sections of the page, the most urgent first. Each takes of the state what it shows. Neighbour: model.ts. */
import { lagOf } from '../../../snapshot.ts'
import type { DebugState } from '../state.ts'
import { bar, bytes, cell, count, none, percent, position, row, troubleCell } from './cells.ts'
import type { Cell, Row, Section, Tone } from './model.ts'
import { codesSection, restartsSection, troublesSection } from './troubles.ts'

/** More are not listed one by one: those that are behind or halted come first. */
const MOST_PARTITIONS = 200
const BEHIND_RECORDS = 10_000
const FULL = 0.95

export const sectionsOf = (state: DebugState): readonly Section[] => [
  reasonsSection(state),
  troublesSection(state),
  partitionsSection(state),
  partsSection(state),
  arenaSection(state),
  writersSection(state),
  workersSection(state),
  stepsSection(state),
  restartsSection(state),
  codesSection(state),
]

const reasonsSection = ({ ready }: DebugState): Section => ({
  id: 'reasons',
  title: 'What keeps it from storing',
  columns: ['reason'],
  rows: ready.reasons.map(reason => row(cell(reason, 'bad'))),
  empty: 'nothing: /readyz says 200',
})

const modeTones: Readonly<Record<string, Tone>> = { halted: 'bad', claiming: 'warn', draining: 'warn' }

function partitionsSection({ partitions }: DebugState): Section {
  const urgency = (one: (typeof partitions)[number]): number =>
    one.mode === 'halted' ? Number.POSITIVE_INFINITY : (lagOf(one) ?? 0)
  const listed = [...partitions].sort((a, b) => urgency(b) - urgency(a)).slice(0, MOST_PARTITIONS)
  const left = partitions.length - listed.length
  return {
    id: 'partitions',
    title: `Partitions${left > 0 ? ` (${left} more, less behind)` : ''}`,
    columns: [
      'topic',
      ' no',
      'mode',
      ' leader',
      ' fetched',
      ' parsed',
      ' committed',
      ' high watermark',
      ' lag',
      ' in flight',
      'halted by',
    ],
    rows: listed.map(partitionRow),
    empty: 'none is assigned',
  }
}

function partitionRow(one: DebugState['partitions'][number]): Row {
  const lag = lagOf(one)
  return row(
    cell(one.topic),
    cell(String(one.partition)),
    cell(one.mode, modeTones[one.mode] ?? 'plain'),
    one.leader === null ? cell('none', 'warn') : cell(String(one.leader)),
    position(one.fetched),
    position(one.parsed),
    position(one.committed),
    position(one.highWatermark),
    lag === null ? none : cell(count(lag), lag >= BEHIND_RECORDS ? 'warn' : 'plain'),
    cell(bytes(one.inFlightBytes)),
    troubleCell(one.haltedReason),
  )
}

/** What the part itself says, besides that the supervisor runs it: its mode and its trouble. */
function wordsOf(name: string, state: DebugState): readonly [mode: string, trouble: string | null] {
  const { fetchers, group, mirror, parse, store, writers } = state
  const number = Number(/ (\d+)$/.exec(name)?.[1] ?? -1)
  if (name === 'membership') {
    const missing = group.missingTopics.map(topic => `no topic ${topic}`).join(', ')
    return [group.trouble === null ? 'member' : 'away', group.trouble ?? (missing || null)]
  }
  if (name === 'store') return [store.trouble === null ? 'ready' : 'away', store.trouble]
  if (name === 'mirror') return [mirror?.mode ?? '', mirror?.isUp ? null : (mirror?.trouble ?? null)]
  if (name === 'parse pool') return [`${parse.running} of ${parse.threads} at work`, null]
  if (name.startsWith('writer ')) {
    const writer = writers.find(({ id }) => id === number)
    return [writer?.mode ?? '', writer?.trouble ?? null]
  }
  const fetcher = name.startsWith('fetcher ') && fetchers.find(({ broker }) => broker === number)
  if (!fetcher) return ['', null]
  return [
    `${fetcher.partitions} partitions`,
    fetcher.throttledMs > 0 ? `throttled ${fetcher.throttledMs} ms` : null,
  ]
}

const partsSection = (state: DebugState): Section => ({
  id: 'parts',
  title: 'Parts',
  columns: ['part', 'mode', ' restarts', 'rule', 'trouble'],
  rows: state.parts.map(({ name, rule, restarts, isRestarting }) => {
    const [mode, trouble] = wordsOf(name, state)
    return row(
      cell(name),
      isRestarting ? cell('is being restarted', 'warn') : mode === '' ? cell('runs', 'quiet') : cell(mode),
      cell(String(restarts), restarts > 0 ? 'warn' : 'quiet'),
      cell(rule, 'quiet'),
      troubleCell(trouble),
    )
  }),
  empty: 'no engine',
})

const arenaSection = ({ arena, memory }: DebugState): Section => ({
  id: 'memory',
  title: 'Arena and memory',
  columns: ['account', 'in use', ' of'],
  rows: [
    ...arena.map(({ account, usedBytes, sizeBytes }) => filled(account, usedBytes, sizeBytes)),
    filled('process (rss)', memory.rss, memory.budget),
  ],
  empty: '',
})

const filled = (name: string, used: number, size: number): Row =>
  row(cell(name), bar(bytes(used), used / Math.max(1, size), FULL), cell(bytes(size)))

const writersSection = ({ writers, writersAllowed }: DebugState): Section => ({
  id: 'writers',
  title: writersAllowed < writers.length ? `Writers (${writersAllowed} may be at work)` : 'Writers',
  columns: ['writer', 'mode', ' in flight', 'trouble'],
  rows: writers.map(({ id, inFlightBytes, mode, trouble }) =>
    row(cell(String(id)), cell(mode), cell(bytes(inFlightBytes)), troubleCell(trouble)),
  ),
  empty: 'none',
})

const workersSection = ({ parse }: DebugState): Section => ({
  id: 'workers',
  title: `Parse workers (${parse.restarts} replaced)`,
  columns: ['thread', `at work, last ${Math.round(parse.utilisation.overMs / 1000)} s`],
  rows: parse.utilisation.share.map((share, thread) =>
    row(cell(String(thread)), bar(percent(share), share, FULL)),
  ),
  empty: 'none',
})

const MICROSECONDS_PER_MS = 1000

function stepsSection({ parse: { steps } }: DebugState): Section {
  const whole = steps.reduce((sum, { totalMs }) => sum + totalMs, 0)
  const time = (us: number): Cell =>
    cell(
      us >= MICROSECONDS_PER_MS ? `${(us / MICROSECONDS_PER_MS).toFixed(1)} ms` : `${us} µs`,
      us >= MICROSECONDS_PER_MS ? 'warn' : 'plain',
    )
  return {
    id: 'steps',
    title: 'Steps and regular expressions, the slowest first',
    columns: ['pipeline', 'step', 'share', ' mean', ' longest', ' timed', 'as written'],
    rows: steps.map(({ pipeline, step, totalMs, meanUs, maxUs, timed, written }) => {
      const share = totalMs / Math.max(whole, Number.MIN_VALUE)
      return row(
        cell(pipeline),
        cell(step),
        bar(percent(share), share, Number.POSITIVE_INFINITY),
        time(meanUs),
        time(maxUs),
        cell(count(timed)),
        cell(written, 'quiet'),
      )
    }),
    empty: 'no pipeline has steps, or none has run',
  }
}
