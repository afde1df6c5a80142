/** Which records of a request Kafka has acknowledged: none, all, or a bit each. once.ts keeps it, Redis holds its text. */

export type Acknowledged = 'none' | 'all' | Uint8Array

export function isAcknowledged(acknowledged: Acknowledged, record: number): boolean {
  if (acknowledged === 'all') return true
  return acknowledged !== 'none' && ((acknowledged[record >> 3] ?? 0) & (1 << (record & 7))) !== 0
}

/** Of so many records, those for which `test` is true. */
export function acknowledgedWhere(records: number, test: (record: number) => boolean): Acknowledged {
  const bits = new Uint8Array(Math.ceil(records / 8))
  let count = 0
  for (let record = 0; record < records; record++)
    if (test(record)) {
      bits[record >> 3]! |= 1 << (record & 7)
      count++
    }
  return count === records ? 'all' : count === 0 ? 'none' : bits
}

/** What is acknowledged by either. */
export function both(one: Acknowledged, other: Acknowledged): Acknowledged {
  if (one === 'all' || other === 'all') return 'all'
  if (one === 'none') return other
  if (other === 'none') return one
  return one.map((bits, index) => bits | (other[index] ?? 0))
}

export const textOf = (acknowledged: Acknowledged): string =>
  typeof acknowledged === 'string' ? acknowledged : Buffer.from(acknowledged).toString('base64')

export const parseAcknowledged = (text: string): Acknowledged =>
  text === 'none' || text === 'all' ? text : new Uint8Array(Buffer.from(text, 'base64'))
