/**
 * What a case of a scenario is given: its seed, flows that are watched and judged, and a place to write down what was
 * done. What it knows at the end is the line of the table: result.ts.
 */
import { randomInt } from 'node:crypto'
import { Random } from '../../src/produce/random.ts'
import { Flow, type FlowOptions } from './flow.ts'
import { assertExactlyOnce, FoundGuilty, type Judgement, type JudgeOptions } from './judge.ts'
import type { Oracle } from './oracle.ts'
import type { Harm } from './oracle-checks.ts'
import { Recovery } from './recovery.ts'
import type { CaseResult } from './result.ts'

/** Thrown by `skip`: neither passed nor failed. */
export class Skipped extends Error {}

export const seedVariable = 'LOGCOLLECTOR_TEST_SEED'

/** The seed that the environment names, or any. */
export const anySeed = (): number => Number(process.env[seedVariable] ?? randomInt(1, 2 ** 30))

export class Context {
  readonly seed: number
  readonly random: Random
  /** Faults injected. */
  private faults = 0
  private readonly flows: Flow[] = []
  private readonly judged = new Map<Oracle, Judgement['counts']>()
  private readonly recovery = new Recovery()

  constructor(seed: number = anySeed()) {
    this.seed = seed
    this.random = new Random(seed)
  }

  /** A topic, a database and their oracle. Its judgements are written down here. */
  async flow(options: FlowOptions = {}): Promise<Flow> {
    const flow = await Flow.create({ seed: this.seed + this.flows.length, ...options })
    flow.assertExactlyOnce = judging => this.judge(flow.url, flow.oracle, flow.topic, judging)
    this.flows.push(flow)
    return flow
  }

  /**
   * So many faults have just been injected; one that lasts: has just ended. From here the recovery is timed, until all that
   * was acknowledged by now is committed.
   */
  injected(faults = 1): void {
    this.faults += faults
    this.recovery.begin(this.flows)
  }

  /** In an order that the seed decides. */
  shuffled<T>(list: readonly T[]): T[] {
    const left = [...list]
    return list.map(() => left.splice(this.random.below(left.length), 1)[0]!)
  }

  /** Throws what is wrong; for records that do not belong to a flow. */
  async judge(url: string, oracle: Oracle, topic: string, options: JudgeOptions = {}): Promise<Judgement> {
    try {
      const judgement = await assertExactlyOnce(url, oracle, topic, options)
      this.judged.set(oracle, judgement.counts)
      return judgement
    } catch (error) {
      if (error instanceof FoundGuilty) this.judged.set(oracle, error.judgement.counts)
      throw error
    }
  }

  /** Ends the case: this machine cannot do it. */
  skip(why: string): never {
    throw new Skipped(why)
  }

  /** What has been seen so far; ends the timing. */
  async close(): Promise<Omit<CaseResult, 'title' | 'verdict' | 'why'>> {
    await this.recovery.stop()
    const oracles = new Set([...this.flows.map(({ oracle }) => oracle), ...this.judged.keys()])
    const sum = (harm: Harm): number | null =>
      this.judged.size === 0
        ? null
        : [...this.judged.values()].reduce((total, counts) => total + counts[harm], 0)
    return {
      seed: this.seed,
      records: [...oracles].reduce((total, { records }) => total + records, 0),
      faults: this.faults,
      lost: sum('lost'),
      duplicated: sum('duplicated'),
      phantom: sum('phantom'),
      reordered: sum('reordered'),
      gaps: sum('gaps'),
      recoveryMs: this.recovery.slowestMs,
    }
  }
}
