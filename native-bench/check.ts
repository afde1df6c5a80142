/**
 * Has it become slower? A short run of the whole path and of the kernel, their ratios against the floors in floors.json;
 * exit code 1 below one. --record writes new floors, the margin under what it measures: for a quiet machine.
 *
 *   node dist/native-bench/check.js [--json] [--record] [--margin 0.12] [--records 2000000] [--rounds 5]
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { repositoryRoot } from '../stack/paths.ts'
import { floorsUnder, guarded, judge, type Ratios, ratiosOf, type Verdict } from './check/floors.ts'
import { InterruptedError, runBench } from './default-set/bench-process.ts'
import type { KernelFigures } from './kernel.ts'
import type { PipelineFigures } from './pipeline.ts'
import { commandOf, makeReport, type Report } from './report.ts'

const path = join(repositoryRoot, 'native-bench', 'floors.json')

interface Recorded {
  readonly measured: Ratios
  readonly margin: number
  readonly floors: Ratios
}

async function measure(records: string, rounds: string): Promise<Ratios> {
  console.error('1/2 pipeline, about 2 min')
  const pipeline = await runBench<PipelineFigures>('pipeline', [
    '--records',
    records,
    '--rounds',
    rounds,
    // No floor is of it, and it takes its time.
    '--without-psql',
  ])
  console.error('2/2 kernel, about 1 min')
  const kernel = await runBench<KernelFigures>('kernel', ['--dry'])
  return ratiosOf(pipeline.figures, kernel.figures)
}

function readFloors(): Report<Recorded> {
  if (!existsSync(path))
    throw new Error('no floors are recorded: npm run bench -- check --record, on a quiet machine')
  return JSON.parse(readFileSync(path, 'utf8')) as Report<Recorded>
}

function record(measured: Ratios, margin: number): Report<Recorded> {
  const recorded = { measured, margin, floors: floorsUnder(measured, margin) }
  const report = makeReport('check', commandOf('check'), recorded)
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`)
  console.error('wrote native-bench/floors.json')
  return report
}

function showVerdicts(verdicts: readonly Verdict[], { at, machine }: Report<Recorded>): void {
  const table = new Table({ head: ['', 'figure', 'floor', 'verdict'], style: { head: [], border: [] } })
  for (const { name, measured, floor, isKept } of verdicts) {
    const { good, means } = guarded[name]
    const bound = `${good === 'high' ? 'at least' : 'at most'} ${floor.toFixed(2)}`
    table.push([`${name}: ${means}`, measured.toFixed(3), bound, isKept ? 'ok' : 'WORSE'])
  }
  console.log(table.toString())
  console.log(`floors of ${at.slice(0, 10)}, ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`)
}

async function check(options: {
  margin: number
  record: boolean
  json: boolean
  records: string
  rounds: string
}) {
  // Before minutes go by for nothing.
  const before = options.record ? null : readFloors()
  const measured = await measure(options.records, options.rounds)
  const report = before ?? record(measured, options.margin)
  const verdicts = judge(measured, report.figures.floors)
  if (options.json) console.log(JSON.stringify({ verdicts, floors: report }))
  else showVerdicts(verdicts, report)
  if (verdicts.some(({ isKept }) => !isKept)) process.exitCode = 1
}

const { values } = parseArgs({
  options: {
    record: { type: 'boolean', default: false },
    margin: { type: 'string', default: '0.12' },
    records: { type: 'string', default: '2000000' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
})
const margin = Number(values.margin)
if (!(margin >= 0 && margin < 1)) throw new Error('--margin: a share from 0 to 1')
try {
  await check({ ...values, margin })
} catch (error) {
  if (!(error instanceof InterruptedError)) throw error
  console.error(error.message)
  process.exitCode = error.exitCode
}
