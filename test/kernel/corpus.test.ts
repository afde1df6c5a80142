/**
 * Real lines of syslog (test/fixtures/loghub) are read as the tables published with them say.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { repositoryRoot } from '../../stack/paths.ts'
import { encodeBatch } from '../reference/kafka-batch.ts'
import { suite } from '../support/suite.ts'
import { createBench } from './harness.ts'

const test = suite('kernel: corpus')

interface Truth {
  readonly host: string
  readonly service: string
  readonly pid: string
  readonly message: string
}

const read = (name: string): string =>
  readFileSync(join(repositoryRoot, 'test', 'fixtures', 'loghub', name), 'utf8')

for (const name of ['linux', 'openssh']) {
  const lines = read(`${name}.txt`).split(/(?<=\n)/)
  const truths = JSON.parse(read(`${name}.json`)) as readonly Truth[]

  for (const format of ['syslog', 'auto'] as const) {
    test(`${name}, ${format}`, () => {
      const bench = createBench({ format })
      assert.is(lines.length, truths.length)
      lines.forEach((line, index) => {
        const time = `${line.slice(0, 6).replace('  ', ' ')} 2005 ${line.slice(7, 15)} UTC`
        const kafkaMs = Date.parse(time) + 1000
        const input = encodeBatch({ records: [{ value: line }], baseTimestamp: kafkaMs })
        const row = bench.parse(input, { nowMs: kafkaMs }).rows[0]!
        const { host, message, pid, service } = truths[index]!
        const attrs = pid === '' ? {} : { pid: Number(pid) }
        assert.equal(
          [
            Number(row.ts / 1000n),
            row.severity,
            row.host,
            row.service,
            row.message?.trim(),
            JSON.parse(row.attrs),
          ],
          [kafkaMs - 1000, 0, host, service, message.trim(), attrs],
          line,
        )
      })
    })
  }
}

test.run()
