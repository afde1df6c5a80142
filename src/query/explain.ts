/** A connection that also asks Postgres how it answers: for ?explain. */
import type { ExplainedStatement } from './contract.ts'
import type { Db } from './read-pool.ts'

/** Fills `statements` as they run. */
export function explaining(db: Db, statements: ExplainedStatement[]): Db {
  return {
    extraColumns: db.extraColumns,
    async rows<Row extends object>(task: string, sql: string, values: readonly unknown[]) {
      const plan = await db.rows<{ 'QUERY PLAN': string }>(task, `explain ${sql}`, values)
      const begin = performance.now()
      const rows = await db.rows<Row>(task, sql, values)
      statements.push({
        task,
        sql,
        parameters: values,
        plan: plan.map(line => line['QUERY PLAN']),
        rows: rows.length,
        ms: Number((performance.now() - begin).toFixed(3)),
      })
      return rows
    },
  }
}
