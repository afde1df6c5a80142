/**
 * The arena under random load, with the real fetcher, partitions, parser and accounts, and a broker, workers and a
 * database that answer in random order: everything arrives, in order, once, and every page comes back.
 */
import * as assert from 'uvu/assert'
import { Arena } from '../../src/arena/arena.ts'
import type { ParsedBatch } from '../../src/arena/descriptors.ts'
import { PAGE_BYTES } from '../../src/arena/region.ts'
import type { ParseResult, ParseTask } from '../../src/parse/contract.ts'
import { Parser } from '../../src/parse/parser.ts'
import { Random } from '../../src/produce/random.ts'
import { Fetcher } from '../../src/source/fetcher.ts'
import { Partition } from '../../src/source/partition.ts'
import { defaultSettings } from '../kernel/harness.ts'
import { suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { answerFetch, type SimulatedBatch, SimulatedLog } from './broker.ts'

const test = suite('progress of the arena', { timeoutMs: 60_000 })
const MIB = 1024 * 1024

interface Scenario {
  readonly arenaBytes: number
  readonly partitions: number
  readonly batches: (random: Random) => SimulatedBatch[]
  /** Bytes of a row for each byte of input. */
  readonly expansion: number
  /** Every task fails once before it succeeds. */
  readonly failsOnce?: boolean
  readonly partitionFetchBytes?: number
}

interface Outcome {
  readonly delivered: readonly number[]
  readonly halted: readonly Partition[]
  readonly arena: Arena
}

async function simulate(scenario: Scenario, seed: number): Promise<Outcome> {
  const random = new Random(seed)
  const later = (run: () => void) =>
    random.unit() < 0.5 ? setImmediate(run) : setTimeout(run, random.unit() * 2)
  const arena = new Arena({
    bytes: scenario.arenaBytes,
    staticBytes: PAGE_BYTES,
    slots: 2,
    slotBytes: PAGE_BYTES,
    jumboBytes: 6 * MIB,
  })
  const logs = Array.from({ length: scenario.partitions }, () => new SimulatedLog(scenario.batches(random)))
  const delivered = logs.map(() => 0)
  const halted: Partition[] = []
  let slots = 2
  const failed = new Set<string>()

  const run = (load: readonly Omit<ParseTask, 'scratchAddress'>[]): Promise<readonly ParseResult[]> => {
    slots -= 1
    return new Promise((resolve, reject) => {
      later(() => {
        slots += 1
        const keys = load.map(task => `${task.partition}/${task.fromOffset}`)
        const mustFail = scenario.failsOnce === true && keys.some(key => !failed.has(key))
        for (const key of keys) failed.add(key)
        if (mustFail) reject(new Error('a worker died'))
        else resolve(load.map(task => parse(task, scenario.expansion, arena)))
      })
    })
  }
  const pool = {
    run,
    get hasFreeSlot() {
      return slots > 0
    },
  }
  const commit = ({ claim, region, result }: ParsedBatch) => {
    assert.is(result.firstOffset, delivered[claim.partition], 'in order, without holes')
    delivered[claim.partition] = result.nextOffset
    later(() => {
      claim.committed = result.nextOffset
      region?.release()
    })
  }
  const partitions: Partition[] = logs.map(
    (_, index) => new Partition('logs', index, range => parser.submit(range)),
  )
  const parser: Parser = new Parser({
    arena,
    pool,
    pipelines: [defaultSettings],
    pipelineOf: () => 0,
    partitions: () => partitions.length,
    deliver: commit,
    onRangeDone: (range, nextOffset) => {
      partitions[range.claim.partition]!.rangeDone(range, nextOffset)
      fetcher.wake()
    },
    mayFetchAgain: () => true,
    onHalt: range => assert.unreachable(`partition ${range.claim.partition} halted`),
    emit: () => undefined,
  })
  const fetcher = new Fetcher({
    broker: 1,
    input: arena.input,
    view: arena.view,
    bytes: arena.bytes,
    fetchWaitMs: 1,
    partitionFetchBytes: scenario.partitionFetchBytes ?? MIB,
    fetch: (plan, target) =>
      new Promise((resolve, reject) => later(() => answerFetch(logs, plan, target).then(resolve, reject))),
    partitions: () => partitions,
    onPartitionError: () => undefined,
    onOutOfSight: partition => {
      partition.seenAt = performance.now()
    },
    onHalt: (partition, error) => {
      halted.push(partition)
      fetcher.forget(partition)
      partition.halt(error)
    },
    onMoved: () => undefined,
    onFailed: error => assert.unreachable(error.message),
    emit: () => undefined,
  })
  arena.input.onReturn = () => fetcher.wake()
  for (const partition of partitions) partition.begin({ topicId: 1, nextOffset: 0, fingerprint: null })
  fetcher.start()
  await until(() => logs.every((log, i) => delivered[i] === log.end || halted.includes(partitions[i]!)), {
    deadlineMs: 30_000,
    what: `all records of seed ${seed}`,
  })
  await fetcher.stop()
  await until(
    () => arena.output.usedBytes === 0 && arena.input.usedBytes === 0 && arena.jumbo.usedBytes === 0,
    {
      deadlineMs: 5_000,
      what: 'every page to come back',
    },
  )
  return { delivered, halted, arena }
}

/** Parses whole offsets until the region is full, as the kernel does: each is one row of its share of the input. */
function parse(task: Omit<ParseTask, 'scratchAddress'>, expansion: number, arena: Arena): ParseResult {
  let at = task.inputAddress
  let used = 0
  let next = task.fromOffset
  let stop: ParseResult['stop'] = null
  while (at < task.inputAddress + task.inputBytes && stop === null) {
    const base = Number(arena.view.getBigInt64(at))
    const bytes = 12 + arena.view.getInt32(at + 8)
    const end = base + arena.view.getInt32(at + 23) + 1
    const rowBytes = Math.min(arena.jumbo.bytes, Math.ceil((bytes / (end - base)) * expansion))
    while (next < Math.min(end, task.toOffset)) {
      if (used + rowBytes > task.outputBytes) {
        stop = used === 0 ? 'row_too_large' : 'output_full'
        break
      }
      used += rowBytes
      next += 1
    }
    at += bytes
  }
  const rows = next - task.fromOffset
  return {
    firstOffset: task.fromOffset,
    nextOffset: next,
    rows,
    usedBytes: used,
    copyBytes: used,
    deadLetters: 0,
    skipped: 0,
    dropped: 0,
    droppedBy: [],
    stepTimes: [],
    failedBy: [],
    stepFailures: [],
    stop,
  } as unknown as ParseResult
}

const few = (random: Random): SimulatedBatch[] =>
  Array.from({ length: 20 }, () => ({
    bytes: 100 + Math.floor(random.unit() * 200_000),
    records: 1 + Math.floor(random.unit() * 300),
  }))

const scenarios: Readonly<Record<string, Scenario>> = {
  'one partition': { arenaBytes: 32 * MIB, partitions: 1, batches: few, expansion: 1 },
  'a thousand partitions': {
    arenaBytes: 32 * MIB,
    partitions: 1_000,
    batches: random => few(random).slice(0, 3),
    expansion: 1,
  },
  'hundredfold expansion': {
    arenaBytes: 32 * MIB,
    partitions: 8,
    batches: random => few(random).slice(0, 8),
    expansion: 100,
  },
  'every task fails once': {
    arenaBytes: 32 * MIB,
    partitions: 8,
    batches: few,
    expansion: 2,
    failsOnce: true,
  },
  'Kafka batches far larger than was asked for': {
    arenaBytes: 32 * MIB,
    partitions: 6,
    batches: () => [
      { bytes: 500, records: 3 },
      { bytes: 6 * MIB, records: 4_000 },
      { bytes: 500, records: 3 },
    ],
    expansion: 1,
    partitionFetchBytes: 64 * 1024,
  },
  'large batches in logs of which some end early': {
    arenaBytes: 32 * MIB,
    partitions: 3,
    batches: random =>
      Array.from({ length: 1 + Math.floor(random.unit() * 6) }, () => ({ bytes: 4 * MIB, records: 100 })),
    expansion: 1,
    partitionFetchBytes: 64 * 1024,
  },
  'rows of megabytes': {
    arenaBytes: 32 * MIB,
    partitions: 5,
    batches: () => Array.from({ length: 4 }, () => ({ bytes: 900_000, records: 1 })),
    expansion: 6,
  },
}

for (const [name, scenario] of Object.entries(scenarios)) {
  test(name, async () => {
    for (const seed of [1, 2, 3]) assert.equal((await simulate(scenario, seed)).halted, [])
  })
}

test('a Kafka batch larger than all of the input halts its partition, and no other', async () => {
  const batches = (random: Random): SimulatedBatch[] => few(random)
  let made = 0
  const withGiant = (random: Random) => (made++ === 1 ? [{ bytes: 40 * MIB, records: 10 }] : batches(random))
  const { halted } = await simulate(
    { arenaBytes: 32 * MIB, partitions: 3, batches: withGiant, expansion: 1 },
    1,
  )
  assert.equal(
    halted.map(partition => partition.partition),
    [1],
  )
  assert.is(halted[0]?.haltedBy?.code, 'KAFKA_FRAME_TOO_LARGE')
})

test.run()
