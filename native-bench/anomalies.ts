/**
 * How many anomalies are found, how soon, and how many findings are of nothing? Scenarios of 14 simulated days with
 * known truth run through the detector; every second one is without an anomaly. All follows from the printed seed.
 *
 *   node dist/native-bench/anomalies.js [--json] [--seed N] [--scenarios 200] [--sensitivity medium] [--dry]
 */
import { parseArgs } from 'node:util'
import type { Sensitivity } from '../src/anomalies/types.ts'
import { judge, type Verdict } from './anomalies/judge.ts'
import { DAYS, SCENARIO_MINUTES, scenarioOf, type TruthKind, truthKinds } from './anomalies/scenario.ts'
import { makeReport, type Summary, showReport, summarize, writeReport } from './report.ts'

/** Scenarios of one seed and the next do not meet. */
const SEED_STRIDE = 1_000_003

export interface AnomalyFigures {
  readonly seed: number
  readonly scenarios: number
  readonly days: number
  readonly sensitivity: string
  readonly anomalies: number
  readonly found: number
  readonly findings: number
  readonly wrongFindings: number
  readonly precision: number
  readonly recall: number
  /** From the first minute of an anomaly to the end of the one after which it is noticed. */
  readonly delayMinutes: Summary
  /** From the end of an anomaly to the end that is told of it; negative: earlier. */
  readonly endErrorMinutes: Summary
  readonly kinds: readonly { readonly kind: TruthKind; readonly anomalies: number; readonly found: number }[]
  /** Time of the detector for a minute of ten services, and for 14 days of them. */
  readonly usPerMinute: number
  readonly msPerScenario: number
}

function measure(seed: number, scenarios: number, sensitivity: Sensitivity): AnomalyFigures {
  const verdicts: Verdict[] = []
  for (let index = 0; index < scenarios; index++) {
    const verdict = judge(scenarioOf(seed * SEED_STRIDE + index, index % 2 === 1), sensitivity)
    verdicts.push(verdict)
    const { delayMinutes, truth, wrong } = verdict
    if (truth !== null && delayMinutes === null) console.error(`missed: ${JSON.stringify(truth)}`)
    for (const finding of wrong) console.error(`wrong, scenario ${index}: ${JSON.stringify(finding)}`)
  }
  return { seed, scenarios, days: DAYS, sensitivity, ...summed(verdicts) }
}

function summed(verdicts: readonly Verdict[]) {
  const hit = verdicts.filter(({ truth }) => truth !== null)
  const found = hit.filter(({ delayMinutes }) => delayMinutes !== null)
  const right = verdicts.reduce((sum, each) => sum + each.right, 0)
  const wrong = verdicts.reduce((sum, each) => sum + each.wrong.length, 0)
  const ms = verdicts.reduce((sum, { detectorMs }) => sum + detectorMs, 0) / verdicts.length
  const ofKind = (of: readonly Verdict[], kind: TruthKind): number =>
    of.filter(({ truth }) => truth?.kind === kind).length
  const known = (values: readonly (number | null)[]): number[] => values.filter(value => value !== null)
  return {
    anomalies: hit.length,
    found: found.length,
    findings: right + wrong,
    wrongFindings: wrong,
    precision: right / (right + wrong),
    recall: found.length / hit.length,
    delayMinutes: summarize(known(found.map(({ delayMinutes }) => delayMinutes))),
    endErrorMinutes: summarize(known(found.map(({ resolvedAfterMinutes }) => resolvedAfterMinutes))),
    kinds: truthKinds.map(kind => ({ kind, anomalies: ofKind(hit, kind), found: ofKind(found, kind) })),
    usPerMinute: (ms * 1_000) / SCENARIO_MINUTES,
    msPerScenario: ms,
  }
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    scenarios: { type: 'string', default: '200' },
    sensitivity: { type: 'string', default: 'medium' },
    dry: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
console.error(`seed ${values.seed}`)
const figures = measure(Number(values.seed), Number(values.scenarios), values.sensitivity as Sensitivity)
const report = makeReport('anomalies', `npm run bench -- anomalies --seed ${values.seed}`, figures)
if (!values.dry) writeReport(report)
const spread = ({ min, median, max }: Summary): string => `${median} (${min} to ${max})`
showReport(
  report,
  values.json,
  ['anomalies', `seed ${figures.seed}`],
  [
    ['precision', `${figures.precision.toFixed(3)} (${figures.wrongFindings} of ${figures.findings} wrong)`],
    ['recall', `${figures.recall.toFixed(3)} (${figures.found} of ${figures.anomalies})`],
    ['delay, minutes', spread(figures.delayMinutes)],
    ['end told too late by, minutes', spread(figures.endErrorMinutes)],
    ...figures.kinds.map(({ anomalies, found, kind }) => [`found of ${kind}`, `${found} of ${anomalies}`]),
    ['detector, µs a minute of ten services', figures.usPerMinute.toFixed(1)],
  ],
)
