/**
 * The storekeeper's look for anomalies: each minute of the rollups once, by one instance at a time, findings and the
 * minute that was reached in one transaction. Neighbours: detector.ts, store.ts, notify.ts; engine/chores.ts runs it.
 */
import { PipelineError } from '../errors.ts'
import type { Emit } from '../events.ts'
import { HISTORY_MINUTES } from './baseline.ts'
import { Detector } from './detector.ts'
import { sendToAlertmanager, sendToWebhook } from './notify.ts'
import * as store from './store.ts'
import { anomalyKinds, type Change, type Finding, type Sensitivity } from './types.ts'

export interface AnomalySettings {
  readonly sensitivity: Sensitivity
  /** Empty: none. */
  readonly webhookUrl: string
  readonly alertmanagerUrl: string
}

/** What the watch needs of store/connection.ts. */
export interface Database {
  transaction<T>(task: string, work: (client: store.Sql) => Promise<T>): Promise<T>
  query<Row extends object>(task: string, sql: string, values?: readonly unknown[]): Promise<Row[]>
}

const TASK = 'anomalies'
/** Rows of a minute are waited for so long after its end. */
const SETTLE_MS = 15_000
/** While nothing at all comes, it may come late: a minute is not judged before so long. */
const PATIENCE_MINUTES = 10
const SLICE_MINUTES = 360

export class AnomalyWatch {
  private readonly db: Database
  private readonly settings: AnomalySettings
  private readonly emit: Emit
  private detector: Detector | null = null

  constructor(db: Database, settings: AnomalySettings, emit: Emit) {
    this.db = db
    this.settings = settings
    this.emit = emit
  }

  /** @throws PipelineError when Postgres does not answer, or a receiver does not take what is sent */
  async turn(nowMs: number): Promise<void> {
    const found = await this.look(nowMs)
    if (found === null) return
    for (const [finding, id] of found) await this.addExamples(finding, id)
    await this.tell()
  }

  private async look(nowMs: number): Promise<Map<Finding, string> | null> {
    let changes: Change[] = []
    try {
      const found = await this.db.transaction(TASK, async sql => {
        if (!(await store.takeTurn(sql))) return null
        changes = await this.advance(sql, nowMs)
        const ids = await store.writeChanges(sql, changes)
        const open = await store.countOpen(sql)
        this.emit('anomalies:open:counted', {
          kinds: anomalyKinds.map(kind => ({ kind, open: open.get(kind) ?? 0 })),
        })
        return ids
      })
      for (const finding of found?.keys() ?? []) this.emit('anomalies:anomaly:opened', finding)
      for (const change of changes)
        if (change.type === 'resolved') this.emit('anomalies:anomaly:resolved', change.name)
      return found
    } catch (error) {
      // It knows minutes that were not committed: the next turn learns anew.
      this.detector = null
      throw error
    }
  }

  /** Looks at what is new; what another instance looked at, and what was there before the first start, is learned. */
  private async advance(sql: store.Sql, nowMs: number): Promise<Change[]> {
    const { first, newest, until } = await store.readExtent(sql)
    if (first === null || newest === null) return []
    const present = Math.floor((nowMs - SETTLE_MS) / store.MINUTE_MS)
    const to = Math.min(present, Math.max(newest, present - PATIENCE_MINUTES))
    const from = until ?? to
    const orphans = await this.learn(sql, Math.max(first, from - HISTORY_MINUTES), from)
    const changes: Change[] = orphans.map(name => ({ type: 'resolved', name, untilMinute: from }))
    if (to > from || until === null) await store.writeUntil(sql, Math.max(from, to))
    return [...changes, ...(await this.feed(sql, to))]
  }

  private async learn(sql: store.Sql, first: number, until: number) {
    if (this.detector?.nextMinute === until) return []
    // What another instance looked at meanwhile is learned too; a database that went back is learned from its beginning.
    if (this.detector === null || this.detector.nextMinute > until) {
      const { sensitivity } = this.settings
      this.detector = new Detector({ sensitivity })
      this.detector.nextMinute = Math.min(first, until)
    }
    await this.feed(sql, until)
    return this.detector.adopt(await store.readOpen(sql))
  }

  private async feed(sql: store.Sql, to: number): Promise<Change[]> {
    const detector = this.detector!
    const changes: Change[] = []
    while (detector.nextMinute < to) {
      const end = Math.min(to, detector.nextMinute + SLICE_MINUTES)
      const minutes = await store.readMinutes(sql, detector.nextMinute, end)
      for (let minute = detector.nextMinute; minute < end; minute++)
        changes.push(...detector.minute(minute, minutes.get(minute) ?? []))
    }
    return changes
  }

  private async addExamples(finding: Finding, id: string): Promise<void> {
    if (finding.kind === 'silent') return
    try {
      await this.db.transaction(TASK, sql => store.addExamples(sql, id, finding))
    } catch (error) {
      // Too many rows to look through: an anomaly without examples is one all the same.
      if (!(error instanceof PipelineError && error.context.sqlstate === '57014')) throw error
    }
  }

  private async tell(): Promise<void> {
    const { alertmanagerUrl, webhookUrl } = this.settings
    const sql: store.Sql = {
      query: async (text, values = []) => ({ rows: await this.db.query(TASK, text, values) }),
    }
    const results = await Promise.allSettled([
      webhookUrl === '' ? null : sendToWebhook(sql, webhookUrl),
      alertmanagerUrl === '' ? null : sendToAlertmanager(sql, alertmanagerUrl),
    ])
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }
}
