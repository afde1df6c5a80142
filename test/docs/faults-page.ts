/** docs/faults.md, from the matrix and from test/faults/results.json, which `npm run faults -- --record` writes. */
import { readFileSync } from 'node:fs'
import { invariants, matrix } from '../faults/matrix.ts'
import { recordedResults } from '../faults/recorded.ts'
import type { RecordedRun } from '../faults/result.ts'
import { columns, summary } from '../faults/table.ts'
import { FUZZED } from './fuzzed.ts'
import { mutantsSection } from './mutants-section.ts'

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`

const INTRODUCTION = `# Faults

How it is proven that nothing is lost and nothing is stored twice. Real producers write to a real Kafka, one or more processes of LogCollector read it, a real Postgres stores, and something goes wrong in the middle. The producers keep a list of what the brokers acknowledged: the oracle, outside of the system under test. Afterwards everything in the database is compared with it.

\`\`\`sh
npm run faults                         # all scenarios, each once
npm run faults -- --list               # what there is
npm run faults -- commit-lost --seed 7 # one of them; the seed repeats what is random in it
npm run faults -- halts --case TITLE   # one case of it
npm run faults -- --soak 2h            # scenarios at random, for so long
npm run faults -- --json               # results as JSON
npm run faults -- --record             # into test/faults/results.json, of which this page is made (npm run docs)
\`\`\`

The exit code is 1 when a scenario failed. One that the machine cannot do says "skipped: why", and counts as skipped. Most scenarios are also part of \`npm test\` (the files of \`test/faults/\`). Faults of the network come from a TCP proxy (\`test/faults/proxy/\`) that stands between the program and Kafka, Postgres or Redis: it delays, throttles, stalls without a reset, half-closes, resets, refuses, flips a bit, and cuts at a byte or at a message of the protocol.`

const INVARIANTS = `## What is always true

Asked in SQL: what Postgres alone can answer by \`logcollector verify\`, for any operator at any time (\`src/store/verify/checks.ts\`), what the brokers can answer beside it by \`verify --kafka\` (\`src/store/verify/broker.ts\`), and what needs the oracle by the judge of the scenarios (\`test/faults/oracle-checks.ts\`).`

const RESULTS = `## Results of a run

Lost: acknowledged, passed by the position and not stored. Duplicated: stored more than once. Phantom: stored and never acknowledged. Reordered: at the offset of another record of its partition, or committed before what stands in front of it. Gaps: passed by the position and not accounted for. Recovered in: the longest time from a fault, or its end where it lasts, until all was committed that had been acknowledged by then. "–": not judged, or not seen.`

export function readResults(): RecordedRun {
  return JSON.parse(readFileSync(recordedResults, 'utf8')) as RecordedRun
}

export function faultsPage(): string {
  const { at, node, results } = readResults()
  const scenariosOf = (row: number): string =>
    results
      .filter(({ rows }) => rows.includes(row))
      .map(({ scenario, verdict }) => `\`${scenario}\`${verdict === 'passed' ? '' : ` (${verdict})`}`)
      .join(', ')
  const faults = matrix.map(({ row, fault, expected }) =>
    line([String(row), fault, expected, scenariosOf(row) || '–']),
  )
  const shown = results.map(result => line(columns.map(({ of }) => of(result))))
  const skippedCases = results.flatMap(({ scenario, cases }) =>
    cases
      .filter(({ verdict }) => verdict === 'skipped')
      .map(({ title, why }) => `- \`${scenario}\`, ${title}: skipped: ${why}`),
  )
  return `${[
    INTRODUCTION,
    INVARIANTS,
    [
      '| | | Asked by |',
      '|---|---|---|',
      ...invariants.map(({ name, meaning, asked }) => line([name, meaning, asked])),
    ].join('\n'),
    FUZZED,
    '## The faults',
    ['| | Fault | Expected | Scenarios |', '|--:|---|---|---|', ...faults].join('\n'),
    RESULTS,
    [
      line(columns.map(({ head }) => head)),
      `|${columns.map(({ isNumber }) => (isNumber ? '--:|' : '---|')).join('')}`,
      ...shown,
    ].join('\n'),
    ...(skippedCases.length === 0 ? [] : [skippedCases.join('\n')]),
    `${summary(results)}. Last recorded ${at.slice(0, 10)}, Node ${node}.`,
    mutantsSection(),
  ].join('\n\n')}\n`
}
