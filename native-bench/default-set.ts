/**
 * The default set, one benchmark after another: each keeps its own results, a table at the end sums up. A failure does
 * not end the set, but the exit code tells. default-set/members.ts says what belongs to it.
 *
 *   node dist/native-bench/default-set.js [--json] [--trial]
 *
 * --trial: everything as short as it goes, to see that it works; nothing is kept.
 */
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { messageOf } from '../src/errors.ts'
import { InterruptedError, runBench } from './default-set/bench-process.ts'
import { type Member, members } from './default-set/members.ts'
import { progressLine } from './default-set/progress.ts'
import { machineFacts, type Report } from './report.ts'

interface Failure {
  readonly name: string
  readonly reason: string
}

interface Outcome {
  readonly reports: readonly Report<unknown>[]
  readonly failed: readonly Failure[]
}

async function runAll(isTrial: boolean): Promise<Outcome> {
  const reports: Report<unknown>[] = []
  const failed: Failure[] = []
  for (const [done, { name, args, trialArgs }] of members.entries()) {
    console.error(progressLine(members, done))
    try {
      reports.push(await runBench(name, isTrial ? trialArgs : args))
    } catch (error) {
      if (error instanceof InterruptedError) throw error
      console.error(messageOf(error))
      failed.push({ name, reason: messageOf(error) })
    }
  }
  console.error(progressLine(members, members.length))
  return { reports, failed }
}

const rowsOf = ({ sumUp }: Member, report: Report<unknown>): readonly string[][] =>
  sumUp(report.figures as never)

function showTable({ reports, failed }: Outcome): void {
  const { cpu, cores, memoryGiB, node } = machineFacts()
  console.log(`${cpu}, ${cores} cores, ${memoryGiB} GiB, Node ${node}`)
  const table = new Table({ head: ['', 'min', 'median', 'max'], style: { head: [], border: [] } })
  for (const report of reports)
    table.push(...rowsOf(members.find(({ name }) => name === report.name)!, report))
  for (const { name, reason } of failed) table.push([`${name}: FAILED`, { content: reason, colSpan: 3 }])
  console.log(table.toString())
}

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, trial: { type: 'boolean', default: false } },
})
try {
  const outcome = await runAll(values.trial)
  if (values.json) console.log(JSON.stringify(outcome))
  else showTable(outcome)
  if (outcome.failed.length > 0) process.exitCode = 1
} catch (error) {
  if (!(error instanceof InterruptedError)) throw error
  console.error(error.message)
  process.exitCode = error.exitCode
}
