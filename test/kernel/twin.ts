/**
 * Holds what the kernel made of a Kafka batch to what the twin (test/reference/record.ts) says of its records.
 */
import * as assert from 'uvu/assert'
import type { ParserSettings } from '../../src/parse/contract.ts'
import { orderMembers, parseJson, printJson } from '../reference/json.ts'
import { encodeBatch, type TestRecord } from '../reference/kafka-batch.ts'
import { type Expected, expectedOf } from '../reference/record.ts'
import { type Bench, NOW, type Parsed } from './harness.ts'

/** What the twin says of the records of one batch at offset 0. */
function expectAll(records: readonly TestRecord[], settings: ParserSettings): (Expected | number)[] {
  return records.map((record, offset) =>
    expectedOf(record, {
      settings,
      kafkaTimeMs: NOW + (record.timeDelta ?? 0),
      nowMs: NOW,
      topicId: 7,
      partition: 3,
      offset,
    }),
  )
}

/**
 * One text for all that jsonb takes for the same: the order of members is the kernel's business, and which of them it
 * puts in order depends on the records before. That it does, order.test.ts says.
 */
export const inOrder = (attrs: string): string => printJson(orderMembers(parseJson(attrs)))

function compare(parsed: Parsed, expected: readonly (Expected | number)[]): void {
  const rows = expected.filter(outcome => typeof outcome !== 'number')
  const codes = expected.flatMap((outcome, offset) =>
    typeof outcome === 'number' ? [[offset, outcome]] : [],
  )
  assert.equal(
    parsed.deadLetters.map(letter => [letter.offset, letter.code]),
    codes,
  )
  assert.is(parsed.rows.length, rows.length)
  parsed.rows.forEach((row, index) => {
    const { tableOffset, valueBytes, ...fields } = row
    assert.is(tableOffset, row.offset)
    JSON.parse(row.attrs)
    const expectedRow = rows[index]!.row
    assert.equal(
      { ...fields, attrs: inOrder(row.attrs) },
      { ...expectedRow, attrs: inOrder(expectedRow.attrs) },
    )
  })
  const { result } = parsed
  assert.is(result.malformed, rows.filter(row => row.isMalformed).length)
  assert.is(result.sanitized, rows.filter(row => row.isSanitized).length)
}

/** Parses the records with a bench of these settings, and throws where an outcome differs from the twin's. */
export function checkRecords(bench: Bench, settings: ParserSettings, records: readonly TestRecord[]): void {
  const input = encodeBatch({ records, baseTimestamp: NOW })
  compare(bench.parse(input), expectAll(records, settings))
}
