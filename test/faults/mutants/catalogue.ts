/**
 * The mutants, by what they break: who may move a position, what a transaction holds together, what is read from Kafka,
 * what becomes of what fails, what halts. Where two fences guard one thing, a mutant takes one down and shows that the
 * other notices, or takes down both and shows that the judge does.
 */
import type { Mutant } from './mutant.ts'

const COMMIT_OFFSET = {
  file: 'sql/0001_logcollector.sql',
  from: 'where topic_id = topic and kafka_partition = kpartition and owner_token = token and next_offset = expected;',
}
const COMMIT = {
  file: 'src/sink/writer.ts',
  from: `      if (!(await session.commit(tail))) throw new Error('COMMIT was answered with ROLLBACK')
      this.landed(transaction, deadLetters, copiedAt - startedAt, performance.now() - copiedAt)`,
}

const owners: readonly Mutant[] = [
  {
    name: 'token-unchecked',
    breaks:
      'commit_offset does not compare the owner token: who was overtaken may go on while the heir has not committed',
    edits: [
      {
        ...COMMIT_OFFSET,
        to: 'where topic_id = topic and kafka_partition = kpartition and next_offset = expected;',
      },
    ],
    scenario: 'lost-claim',
    onlyCase: null,
    caughtBy: /a new claim of partition/,
  },
  {
    name: 'position-unchecked',
    breaks:
      'commit_offset compares neither token nor position; the key of the ledger is the fence that is left, and the zombie halts instead of being fenced',
    edits: [{ ...COMMIT_OFFSET, to: 'where topic_id = topic and kafka_partition = kpartition;' }],
    scenario: 'zombie',
    onlyCase: null,
    caughtBy: /sink:writer:fenced or .* of both writers/,
  },
  {
    name: 'duplicate-ranges',
    breaks: 'commit_offset compares nothing, and the ledger takes the same range twice: no fence is left',
    edits: [
      { ...COMMIT_OFFSET, to: 'where topic_id = topic and kafka_partition = kpartition;' },
      {
        file: 'sql/0001_logcollector.sql',
        from: '  primary key (topic_id, kafka_partition, first_offset),\n',
        to: '',
      },
    ],
    scenario: 'zombie',
    onlyCase: null,
    caughtBy: /stored more than once/,
  },
]

const transactions: readonly Mutant[] = [
  {
    name: 'position-before-copy',
    breaks: 'positions, ledger and rollups are committed in a transaction of their own, before COPY',
    edits: [
      {
        file: 'src/sink/writer.ts',
        from: '      if (transaction.rows === 0) await session.begin()\n',
        to: `      await session.begin()
      await session.commit(tail)
      if (transaction.rows === 0) await session.begin()\n`,
      },
      {
        file: 'src/sink/writer.ts',
        from: 'if (!(await session.commit(tail)))',
        to: 'if (!(await session.commit(encodeTail(new Transaction([]), [], this.deps.arena.view))))',
      },
    ],
    scenario: 'kill-process',
    onlyCase: 'nothing is lost and nothing is stored twice',
    caughtBy: /lost: acknowledged, passed by the position and not stored/,
  },
  {
    name: 'copy-apart',
    breaks: 'COPY commits by itself, and the positions after it',
    edits: [{ file: 'src/sink/session.ts', from: '`begin; copy logcollector', to: '`copy logcollector' }],
    scenario: 'commit-lost',
    onlyCase: null,
    caughtBy: /stored more than once/,
  },
  {
    name: 'early-acknowledgement',
    breaks:
      'a batch counts as committed, and its memory is given back, when COPY is done and before COMMIT is',
    edits: [
      {
        ...COMMIT,
        to: `      this.landed(transaction, deadLetters, copiedAt - startedAt, performance.now() - copiedAt)
      if (!(await session.commit(tail))) throw new Error('COMMIT was answered with ROLLBACK')`,
      },
    ],
    scenario: 'commit-lost',
    onlyCase: null,
    caughtBy: /commits after the COMMIT/,
  },
  {
    name: 'lost-commit-sent-again',
    breaks: 'a COMMIT whose answer was lost is taken for one that did not land, without asking the positions',
    edits: [
      {
        file: 'src/sink/settle.ts',
        from: "if (stored.nextOffset === next) return 'landed'",
        to: "if (stored.nextOffset === next) return 'notLanded'",
      },
    ],
    scenario: 'commit-lost',
    onlyCase: null,
    caughtBy: /commits after the answer/,
  },
  {
    name: 'rollups-not-recounted',
    breaks: 'where a row is left out, the rollups still count the whole batch',
    edits: [
      {
        file: 'src/sink/tail.ts',
        from: 'const isWhole = slice.rowFrom === 0 && slice.rowTo === result.rows\n  return isWhole ?',
        to: 'const isWhole = slice.rowTo > 0 || result.rows > 0\n  return isWhole ?',
      },
    ],
    scenario: 'refused-rows',
    onlyCase: 'at the head of a large transaction and scattered: each is a dead letter, all others are rows',
    caughtBy: /rollups that differ from a recount/,
  },
]

const reading: readonly Mutant[] = [
  {
    name: 'checksum-ignored',
    breaks: 'the CRC-32C of a Kafka batch is not compared',
    edits: [
      {
        file: 'src/parse/kafka-batch.ts',
        from: 'header.end)) === header.crc',
        to: 'header.end)) >= 0',
      },
    ],
    scenario: 'corrupt-fetch',
    onlyCase: 'in the records: fetched again',
    caughtBy: /another record than was acknowledged there/,
  },
  {
    name: 'control-batch-short',
    breaks: 'the position behind a control batch is one too low',
    edits: [
      {
        file: 'src/parse/batch-walk.ts',
        from: 'if (outcome === STEP_DONE) kernel.passTo(header.nextOffset)',
        to: 'if (outcome === STEP_DONE) kernel.passTo(header.nextOffset - (header.isControl ? 1 : 0))',
      },
    ],
    scenario: 'transactions',
    onlyCase: 'committed, aborted and interleaved transactions, and an end without records',
    caughtBy: /the position is \d+/,
  },
  {
    name: 'control-batch-long',
    breaks: 'the position behind a control batch is one too high: the record there is passed',
    edits: [
      {
        file: 'src/parse/batch-walk.ts',
        from: 'if (outcome === STEP_DONE) kernel.passTo(header.nextOffset)',
        to: 'if (outcome === STEP_DONE) kernel.passTo(header.nextOffset + (header.isControl ? 1 : 0))',
      },
    ],
    scenario: 'transactions',
    onlyCase: 'committed, aborted and interleaved transactions, and an end without records',
    caughtBy: /rows that are missing: r/,
  },
  {
    name: 'aborted-stored',
    breaks: 'the records of aborted transactions become rows under read_committed',
    edits: [
      {
        file: 'src/parse/batch-walk.ts',
        from: 'const isAborted = header.isTransactional && this',
        to: 'const isAborted = header.records < 0 && this',
      },
    ],
    scenario: 'transactions',
    onlyCase: 'committed, aborted and interleaved transactions, and an end without records',
    caughtBy: /of no committed transaction: r/,
  },
]

const failures: readonly Mutant[] = [
  {
    name: 'worker-failure-swallowed',
    breaks: 'when a worker dies twice on a task, its records are passed as if there were none',
    edits: [
      {
        file: 'src/parse/job.ts',
        from: '    this.suspectTo = this.to\n',
        to: `    if (this.to > this.from) return { ...deadRecord(this.from), nextOffset: this.to, skipped: this.to - this.from }
    this.suspectTo = this.to\n`,
      },
      {
        file: 'src/parse/parser.ts',
        from: 'result: guilty, verdict: failure.message',
        to: 'result: guilty, verdict: null',
      },
    ],
    scenario: 'worker-failure',
    onlyCase: null,
    caughtBy: /lost: acknowledged, passed by the position and not stored/,
  },
  {
    name: 'refused-row-dropped',
    breaks: 'a row that Postgres refuses is left out, and no dead letter is written',
    edits: [
      {
        file: 'src/sink/dead-letters.ts',
        from: 'if (slice.refusal === null) continue',
        to: "if (slice.refusal === null || slice.refusal.reason !== '') continue",
      },
    ],
    scenario: 'refused-rows',
    onlyCase: 'at the head of a large transaction and scattered: each is a dead letter, all others are rows',
    caughtBy: /lost: acknowledged, passed by the position and not stored/,
  },
  {
    name: 'poison-dropped',
    breaks: 'a record that the parser refuses is left out, and no dead letter is written',
    edits: [
      {
        file: 'src/sink/dead-letters.ts',
        from: 'if (region === null || result.deadLetters === 0) return []',
        to: 'if (region === null || result.deadLetters >= 0) return []',
      },
    ],
    scenario: 'poison',
    onlyCase: null,
    caughtBy: /is a dead letter/,
  },
]

const halts: readonly Mutant[] = [
  {
    name: 'rewind-unnoticed',
    breaks: 'a database that went back while nothing flowed is not noticed',
    edits: [
      {
        file: 'src/engine/positions.ts',
        from: "if (outcome === 'wentBack') this",
        to: "if (outcome === 'wentBack' && committed < 0) this",
      },
    ],
    scenario: 'kill-postgres',
    onlyCase: 'a position that went back while nothing flowed is noticed, and the records come again',
    caughtBy: /everything is committed: not within/,
  },
  {
    name: 'gap-passed-unasked',
    breaks: 'records that the broker has deleted are passed though no setting allows it',
    edits: [
      {
        file: 'src/engine/claims.ts',
        from: "if (this.deps.onGap === 'record')",
        to: 'if (this.deps.onGap !== null)',
      },
    ],
    scenario: 'gaps',
    onlyCase: 'halt the partition, and are passed and written down where the setting says so',
    caughtBy: /a halt: not within/,
  },
  {
    name: 'fingerprint-unchecked',
    breaks: 'the batch before the position is not compared with the one that was stored',
    edits: [
      {
        file: 'src/source/fingerprint.ts',
        from: "found.crc === stored.crc ? 'same' : 'differs'",
        to: "found.crc === stored.crc ? 'same' : 'gone'",
      },
    ],
    scenario: 'halts',
    onlyCase:
      'a topic made again halts where only its log can tell, also where it is longer than the position',
    caughtBy: /halt of 0: not within/,
  },
]

export const mutants: readonly Mutant[] = [...owners, ...transactions, ...reading, ...failures, ...halts]
