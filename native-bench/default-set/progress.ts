/** How far a set of benchmarks is: a bar in proportion to the minutes that each takes, and what comes next. */
import type { Member } from './members.ts'

const barWidth = 30

type Timed = Pick<Member, 'name' | 'minutes'>

const minutesOf = (members: readonly Timed[]): number =>
  members.reduce((sum, { minutes }) => sum + minutes, 0)

/** With so many of them done. */
export function progressLine(members: readonly Timed[], done: number): string {
  const left = minutesOf(members.slice(done))
  const filled = Math.round(barWidth * (1 - left / minutesOf(members)))
  const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`
  const next = members[done]
  if (next === undefined) return `${bar} ${done}/${done} done`
  return `${bar} ${done + 1}/${members.length} ${next.name}, about ${next.minutes} min; ${left} min to go`
}
