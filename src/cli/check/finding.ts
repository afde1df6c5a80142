/** One line of `logcollector check`: what was looked at, what was found, and what to do about it. */
import picocolors from 'picocolors'

export interface Finding {
  readonly subject: 'config' | 'kafka' | 'postgres' | 'redis'
  readonly ok: boolean
  readonly message: string
  /** Null when all is well. */
  readonly remedy: string | null
}

export const fine = (subject: Finding['subject'], message: string): Finding => ({
  subject,
  ok: true,
  message,
  remedy: null,
})

export const problem = (subject: Finding['subject'], message: string, remedy: string): Finding => ({
  subject,
  ok: false,
  message,
  remedy,
})

const SUBJECT_WIDTH = 'postgres'.length

/** For people; a remedy stands below its problem. */
export function findingsText(findings: readonly Finding[], isTerminal: boolean): string {
  const { green, red } = picocolors.createColors(isTerminal && picocolors.isColorSupported)
  const lines = findings.flatMap(({ subject, ok, message, remedy }) => {
    const verdict = ok ? green('ok     ') : red('problem')
    const line = `${verdict}  ${subject.padEnd(SUBJECT_WIDTH)}  ${message}`
    return remedy === null ? [line] : [line, `         ${' '.repeat(SUBJECT_WIDTH)}  remedy: ${remedy}`]
  })
  return `${lines.join('\n')}\n`
}
