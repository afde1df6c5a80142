/**
 * What became of the records around an accident, from what was counted: figures of the result, and the words for them
 * in tables. runs.ts counts; render.ts and peers.ts show.
 */

export interface PoisonOutcome {
  /** Well-formed ones in the topic, beside the poison. */
  readonly records: number
  /** Of those, not in the table at the end. */
  readonly missing: number
  readonly duplicated: number
  /** The message of the poison record's row; null: it is none. */
  readonly storedAs: string | null
  /** Records that are kept aside. */
  readonly aside: number
  /** Not committed by the consumer group at the end. */
  readonly lag: number
  /** How often the program ended by itself. */
  readonly ends: number
}

export interface KillOutcome {
  readonly lost: number
  readonly duplicated: number
  /** From the kill until the last row was there, s. */
  readonly seconds: number
}

const grouped = (value: number): string => value.toLocaleString('en-US')
const times = (count: number): string => (count === 1 ? 'once' : `${count} times`)

/** One phrase: what one poison record did. */
export function describePoison(outcome: PoisonOutcome): string {
  const { aside, duplicated, ends, lag, missing, storedAs } = outcome
  const own = storedAs !== null ? `stored as “${storedAs}”` : aside > 0 ? 'kept aside' : 'gone'
  const neighbours =
    missing === 0
      ? `${own}; no other record touched`
      : lag > 0
        ? `stuck: ${grouped(missing)} records are not stored`
        : `${own}, and ${grouped(missing)} others lost`
  return [
    neighbours,
    ...(duplicated > 0 ? [`${grouped(duplicated)} rows twice`] : []),
    ...(ends > 0 ? [`the program ended ${times(ends)}`] : []),
  ].join('; ')
}

/** lost / duplicated */
export const describeKill = ({ lost, duplicated }: KillOutcome): string =>
  `${grouped(lost)} / ${grouped(duplicated)}`
