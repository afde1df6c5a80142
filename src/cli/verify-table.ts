/** The findings of verify as a table for people; verify.ts prints the same report as JSON for scripts. */
import Table from 'cli-table3'
import type { VerifyReport } from '../store/verify/index.ts'

/** More of one kind say nothing new; --json has them all. */
const MOST_FINDINGS = 20

/** Table, findings and verdict. */
export function verifyTable({ ok, gapOffsets, checks }: VerifyReport): string {
  const table = new Table({
    head: ['check', 'compared', 'findings'],
    style: { head: [], border: [], compact: true },
  })
  for (const { name, checked, findings } of checks) table.push([name, checked, findings.length])
  const details = checks.flatMap(({ name, findings }) => {
    const shown = findings.slice(0, MOST_FINDINGS).map(finding => `${name}: ${finding}`)
    const more = findings.length - shown.length
    return more > 0 ? [...shown, `${name}: and ${more} more`] : shown
  })
  const notes = checks.flatMap(check => check.notes ?? [])
  const gaps =
    gapOffsets === 0 ? '' : ` but for ${gapOffsets} offsets in gaps that were allowed (offset_gaps)`
  const verdict = ok ? `ok: nothing is lost${gaps}, nothing is there twice` : 'NOT ok: see the findings above'
  return `${[table.toString(), ...details, ...notes, verdict].join('\n')}\n`
}
