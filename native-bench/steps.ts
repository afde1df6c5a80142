/**
 * What does a step cost a record, one thread? Each step alone over lines of an access log that all differ, with fields
 * in a Map: what the worker spends to make fields and to write them back is not in it. MB/s are of the lines.
 *
 *   node dist/native-bench/steps.js [--json] [--dry]
 */
import { parseArgs } from 'node:util'
import { compileStep, type Fields, type FieldValue } from '../src/parse/steps/index.ts'
import { makeDatabase } from '../test/parse/steps/mmdb.ts'
import { configOf } from '../test/parse/steps/record.ts'
import { commandOf, makeReport, type Summary, showReport, summarize, writeReport } from './report.ts'

const LINES = 5000
const RUNS = 9
const RUN_MS = 150
const agents = [
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 Version/17.1 Mobile Safari/604.1',
  'curl/8.5.0',
]

export interface StepFigures {
  readonly lines: number
  readonly bytesPerLine: number
  readonly runs: number
  readonly steps: readonly { readonly step: string; readonly ns: Summary; readonly MBps: Summary }[]
}

/** Only text, as every record is read at first; one for all records. */
class MapFields implements Fields {
  readonly values = new Map<string, FieldValue>()

  text(name: string): string | null {
    const value = this.values.get(name)
    return value === undefined || value === null ? null : String(value)
  }

  set(name: string, value: FieldValue): void {
    this.values.set(name, value)
  }

  rename(from: string, to: string): boolean {
    const value = this.values.get(from)
    if (value === undefined || value === null) return false
    this.values.delete(from)
    this.values.set(to, value)
    return true
  }

  remove(name: string): void {
    this.values.delete(name)
  }

  names(): readonly string[] {
    return ['client', 'agent', 'status']
  }
}

const addressOf = (i: number): string => `203.0.${i % 4}.${i % 250}`
const agentOf = (i: number): string => agents[i % agents.length]!

function lineOf(i: number): string {
  const time = `10/Oct/2026:13:${String(i % 60).padStart(2, '0')}:${String((i * 7) % 60).padStart(2, '0')} +0000`
  const request = `GET /api/v1/orders/${i}?page=${i % 10} HTTP/1.1`
  return `${addressOf(i)} - user${i % 100} [${time}] "${request}" ${i % 9 ? 200 : 404} ${i * 3} "https://example.com/${i}" "${agentOf(i)}"`
}

const lines = Array.from({ length: LINES }, (_, i) => lineOf(i))
const bytesPerLine = lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0) / LINES

const database = makeDatabase({ '203.0.0.0/16': { country: { iso_code: 'SE', names: { en: 'Sweden' } } } })
const memory = new SharedArrayBuffer(database.length)
new Uint8Array(memory).set(database)
const context = { maxMatchChars: 32_768, redactKey: 'bench', databases: new Map([['bench.mmdb', memory]]) }
const regex =
  '^(?<client>\\S+) \\S+ (?<user>\\S+) \\[(?<time>[^\\]]+)\\] "(?<method>\\w+) (?<path>[^ "]+) HTTP/(?<version>[\\d.]+)" (?<status:int>\\d+) (?<bytes:int>\\d+|-) "(?<referrer>[^"]*)" "(?<agent>[^"]*)"'
const timed = regex.replace('<time>', '<ts:datetime>')

const steps = {
  regex: configOf('regex', { pattern: [regex] }),
  'regex, with the time read': configOf('regex', { pattern: [timed] }),
  'regex, engine re2': configOf('regex', { pattern: [regex], engine: 're2' }),
  'grok, COMBINEDAPACHELOG': configOf('grok', { pattern: ['%{COMBINEDAPACHELOG}'] }),
  drop: configOf('drop', { if: 'status < 100 or client in ["10.0.0.1"]' }),
  'drop, with matches': configOf('drop', { if: 'message matches "POST /health"' }),
  set: configOf('set', {
    fields: { env: 'production', route: ['$', '{client} ', '$', '{status}'].join('') },
  }),
  rename: configOf('rename', { fields: { client: 'renamed', renamed: 'client' } }),
  remove: configOf('remove', { fields: ['none', 'other'] }),
  'redact, mask': configOf('redact', {}),
  'redact, hash': configOf('redact', { mode: 'hash' }),
  useragent: configOf('useragent', { field: 'agent' }),
  geoip: configOf('geoip', { database: 'bench.mmdb', field: 'client' }),
  severity: configOf('severity', {}),
}

/** Nanoseconds a record, for each run; the first two count not, they warm up. */
function measure(config: Parameters<typeof compileStep>[0]): readonly number[] {
  const step = compileStep(config, context)
  const fields = new MapFields()
  const runs: number[] = []
  for (let run = 0; run < RUNS + 2; run++) {
    const startedAt = performance.now()
    let records = 0
    for (; performance.now() - startedAt < RUN_MS; records += LINES)
      for (let i = 0; i < LINES; i++) {
        fields.values.set('message', lines[i]!)
        fields.values.set('client', addressOf(i))
        fields.values.set('agent', agentOf(i))
        fields.values.set('status', 200)
        if (step.run(fields) !== 'keep') throw new Error(`${step.kind} drops a record`)
      }
    runs.push(((performance.now() - startedAt) * 1e6) / records)
  }
  if (step.counts.unmatched > 0) throw new Error(`${step.kind} does not match a record`)
  return runs.slice(2)
}

const figures: StepFigures = {
  lines: LINES,
  bytesPerLine,
  runs: RUNS,
  steps: Object.entries(steps).map(([step, config]) => {
    const ns = measure(config)
    return { step, ns: summarize(ns), MBps: summarize(ns.map(each => (bytesPerLine / each) * 1000)) }
  }),
}
const { values } = parseArgs({
  options: { dry: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
})
const report = makeReport('steps', commandOf('steps'), figures)
if (!values.dry) writeReport(report)
showReport(
  report,
  values.json,
  [`${bytesPerLine.toFixed(0)}-byte lines`, 'ns a record: min', 'median', 'max', 'MB/s'],
  figures.steps.map(({ step, ns, MBps }) => [
    step,
    ...[ns.min, ns.median, ns.max, MBps.median].map(value => value.toFixed(0)),
  ]),
)
