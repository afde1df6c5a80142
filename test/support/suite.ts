/**
 * uvu, made to fail when hooks fail, tests hang, suites never run or the process ends too early.
 * Every test goes through it; run-files.ts asks it for what uvu itself would not report.
 */
import { suite as uvuSuite } from 'uvu'

type Body = () => void | Promise<void>

export interface Suite {
  (title: string, body: Body): void
  /** Before the first test; when it throws, no test runs and the suite fails. */
  before(hook: Body): void
  /** After the last test, also when `before` threw. Every hook runs, whatever the others throw. */
  after(hook: Body): void
  /** Hands the suite to uvu. A suite without it fails the process. */
  run(): void
}

export interface SuiteOptions {
  /** For each test; 5,000 unless told. */
  readonly timeoutMs?: number
  /** For each hook; 60,000 unless told. */
  readonly hookTimeoutMs?: number
}

const defaultTimeoutMs = 5000
const defaultHookTimeoutMs = 60_000
const unrun = new Set<string>()
const unfinished = new Set<string>()
const hookProblems: string[] = []
const cleanUps: Body[] = []

/** Ours for failures that uvu forgets: it overwrites process.exitCode when it is done. */
let isBroken = false

process.on('exit', () => {
  for (const problem of takeProblems()) console.error(problem)
  if (isBroken) process.exitCode = 1
})

/** Failures outside of tests since the last call: hooks that threw, suites that never ran or never ended. */
export function takeProblems(): string[] {
  const problems = [
    ...hookProblems,
    ...[...unrun].map(name => `suite "${name}" never ran`),
    ...[...unfinished].map(name => `suite "${name}" did not come to its end`),
  ]
  for (const list of [unrun, unfinished]) list.clear()
  hookProblems.length = 0
  if (problems.length) isBroken = true
  return problems
}

/**
 * Registers what must be closed when the suite that runs now ends: after its own `after` hooks, the latest first.
 * For factories; call it from a hook or a test.
 */
export function cleanUp(close: Body): void {
  cleanUps.push(close)
}

const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(`threw ${String(thrown)}`)

async function timed(body: Body, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`over ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    await Promise.race([Promise.resolve().then(body), late])
  } catch (thrown) {
    throw asError(thrown)
  } finally {
    clearTimeout(timer)
  }
}

/** A suite of uvu. Tests may use uvu/assert or anything else that throws. */
export function suite(name: string, options: SuiteOptions = {}): Suite {
  const { timeoutMs = defaultTimeoutMs, hookTimeoutMs = defaultHookTimeoutMs } = options
  const inner = uvuSuite(name)
  const afters: Body[] = []
  unrun.add(name)

  const runHook = async (label: string, hook: Body): Promise<void> => {
    try {
      await timed(hook, hookTimeoutMs)
    } catch (thrown) {
      hookProblems.push(`suite "${name}", ${label}: ${asError(thrown).stack}`)
      isBroken = true
      throw thrown
    }
  }
  /** Everything is tried; uvu would stop at the first that throws. What threw is in hookProblems. */
  const finish = async (): Promise<void> => {
    for (const hook of afters) await runHook('after', hook).catch(() => undefined)
    for (let close = cleanUps.pop(); close; close = cleanUps.pop())
      await runHook('clean-up', close).catch(() => undefined)
    unfinished.delete(name)
  }
  return Object.assign((title: string, body: Body) => inner(title, () => timed(body, timeoutMs)), {
    before: (hook: Body) => inner.before(() => runHook('before', hook)),
    after: (hook: Body) => void afters.push(hook),
    run: () => {
      inner.after(finish)
      unrun.delete(name)
      unfinished.add(name)
      inner.run()
    },
  })
}
