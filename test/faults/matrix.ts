/** The fault matrix: what can go wrong, by number, and what must come of it. Scenarios name their rows; docs/faults.md shows both. */

export interface MatrixRow {
  readonly row: number
  readonly fault: string
  readonly expected: string
}

const rows: readonly (readonly [string, string])[] = [
  ['The program is killed (kill -9) at any moment', 'the next start goes on where Postgres says'],
  [
    'SIGTERM under load, and a second one',
    'it drains within its deadline, leaves the group, exits 0; the second ends it at once',
  ],
  [
    'The program is stopped for longer than its session and wakes up',
    'the other one has taken over; the zombie is fenced',
  ],
  [
    'The program is stopped in the middle of a COPY',
    'the heir is not held up, the backend left behind is ended',
  ],
  ['A record hangs the worker that parses it', 'the worker is ended, the record alone becomes a dead letter'],
  [
    'A worker exits, throws or dies in native code',
    'the task is tried again; what kills workers becomes a dead letter',
  ],
  [
    'Members of the group come and go all the time',
    'commits go on in every partition; what is kept is not parsed twice',
  ],
  ['A broker is killed, a leader moves', 'its partitions pause and go on'],
  ['All brokers are gone for a while', 'no crash, no growth; it goes on when they are back'],
  ['The coordinator of the group is lost', 'it joins again'],
  ['Kafka or the network to it stands still, resets, refuses, is slow', 'request time-outs, new connections'],
  [
    'Bytes of a Fetch answer are changed',
    'they are fetched again; nothing is skipped and nothing wrong stored',
  ],
  ['Retention passes the position', 'the partition halts; with kafka.on_gap: record the gap is written down'],
  ['A topic is deleted and made anew', 'another incarnation, or a halt; never a silent skip'],
  ['An unclean leader election cuts the log', 'the partition halts'],
  ['Partitions and topics are added', 'they are read from their start, soon'],
  [
    'Transactions of producers: aborted, overlapping, longer than a fetch',
    'no aborted record, the position passes the markers',
  ],
  [
    'Huge batches: 200,000 tiny records, fifty megabytes inflated',
    'bounded memory; what is too large halts in front of itself',
  ],
  [
    'Postgres is killed (kill -9) and forgets its last commits',
    'rows and position are gone together, and fetched again',
  ],
  ['Postgres restarts, backends are terminated', 'the same batches are sent again'],
  ['COMMIT or its answer is lost', 'the positions say what happened; nothing twice'],
  ['Postgres is slow or locked', 'backpressure; heartbeats live on, no rebalance'],
  ['Postgres or the line to it stands still in a COPY', 'the connection is cut after postgres.stall_timeout'],
  ['The disk of Postgres is full', 'intake pauses and says so; it goes on when there is room'],
  [
    'Failover to a standby that knows less; a lost claim',
    'what is missing is fetched again; partitions are claimed again',
  ],
  [
    'Deadlocks, serialization failures, cancelled statements',
    'the same batch is sent again; no record is blamed',
  ],
  ['Redis is stopped, flushed, littered, full, garbled, dead', 'nothing changes but the mirror, which heals'],
  ['Poison of every kind', 'a row or a dead letter; the neighbours pass'],
  ['Clocks are wrong: of producers and of the host', 'times are clamped; few segments'],
  ['Segments are missing, made, removed; foreign DDL', 'segments are made again; nothing stalls'],
  [
    'Too little heap, no file descriptors, a control group',
    'bounded memory; it goes on when there is room again',
  ],
  ['All of it at random, for as long as asked', '`npm run faults -- --soak 24h`'],
]

export const matrix: readonly MatrixRow[] = rows.map(([fault, expected], index) => ({
  row: index + 1,
  fault,
  expected,
}))

/** What is always true, where it is asked, and in which of the two files: see docs/faults.md. */
export const invariants: readonly {
  readonly name: string
  readonly meaning: string
  readonly asked: string
}[] = [
  { name: 'I1', meaning: 'no record is stored twice, as a row or as a dead letter', asked: 'verify, oracle' },
  {
    name: 'I2',
    meaning: 'what was acknowledged and passed by the position is stored',
    asked: 'verify --kafka (in numbers), oracle',
  },
  { name: 'I3', meaning: 'what is stored was acknowledged, at that very offset', asked: 'oracle' },
  {
    name: 'I4',
    meaning: 'every offset that the position has passed is accounted for',
    asked: 'verify, oracle',
  },
  { name: 'I5', meaning: 'rollups equal a recount of the rows', asked: 'verify, oracle' },
  {
    name: 'I6',
    meaning: 'ranges of the ledger are adjacent, and were committed in their order',
    asked: 'verify, oracle',
  },
  {
    name: 'I7',
    meaning: 'each poison is one dead letter or one row, with its bytes',
    asked: 'the scenarios poison, refused-rows, worker-failure',
  },
  {
    name: 'I8',
    meaning: 'soon after the fault everything is committed; no transaction of a writer is left open',
    asked: 'oracle, the deadlines of each scenario',
  },
  { name: 'I9', meaning: 'the mirror in Redis says what Postgres says', asked: 'the scenario redis' },
]
