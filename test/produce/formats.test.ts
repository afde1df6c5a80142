/** Generated records in other formats: what the kernel makes of them, and that each still carries its id. */
import * as assert from 'uvu/assert'
import { recordFormats } from '../../src/produce/formats.ts'
import { LogGenerator, recordId } from '../../src/produce/generate.ts'
import { createBench } from '../kernel/harness.ts'
import { encodeBatch } from '../reference/kafka-batch.ts'
import { suite } from '../support/suite.ts'

const test = suite('produce/formats.ts', { timeoutMs: 20_000 })
const RECORDS = 2000
const START_MS = Date.UTC(2025, 5, 15, 12)

for (const format of recordFormats) {
  test(`${format}: well-formed records are of the format, have their id and one line`, () => {
    const generator = new LogGenerator({ seed: 3, records: RECORDS, startMs: START_MS, spanMs: 1000, format })
    const values: Buffer[] = []
    while (generator.next()) {
      if (generator.isMalformed) continue
      const value = Buffer.from(generator.buffer.subarray(0, generator.length))
      assert.ok(value.includes(recordId(3, generator.index)) && !value.includes('\n'), value.toString())
      values.push(value)
    }
    const records = values.map(value => ({ value }))
    const { result, rows } = createBench({ format }).parse(
      encodeBatch({ records, baseTimestamp: START_MS }),
      {
        nowMs: START_MS,
      },
    )
    assert.is(result.rows, values.length)
    assert.equal([result.malformed, result.sanitized], [0, 0])
    const isPromoted = format !== 'raw'
    assert.is(
      rows.every(row => (row.service !== null) === isPromoted && row.message !== ''),
      true,
    )
  })
}

test.run()
