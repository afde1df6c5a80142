/** The part of docs/faults.md about what is fed with anything; a test looks whether the places that it names are there. */
const rows: readonly (readonly [what: string, isTrue: string, where: readonly string[]])[] = [
  [
    'JSON, logfmt, access logs, syslog, times and numbers in the kernel',
    'the slow twin says the same; no byte is written outside of its region',
    ['test/kernel/'],
  ],
  [
    'COPY binary',
    'a plain encoder writes the same bytes; a real Postgres takes every row and reads in it what was written',
    ['test/kernel/', 'test/integration/copy-accepted.test.ts'],
  ],
  [
    'Kafka batches, the frames and responses of Fetch',
    'what was encoded is read back; cut, damaged or made up it is refused, and nothing outside is read',
    ['test/parse/', 'test/source/'],
  ],
  ['gzip, snappy, lz4, zstd', 'what was compressed comes back; no bomb takes memory', ['test/codecs/']],
  [
    'Bodies of the intake: JSON, NDJSON, text, OTLP in both encodings',
    'records inside of their bounds, or a refusal',
    ['test/intake/', 'test/otlp/'],
  ],
  [
    'Files of settings, URLs, pipelines, patterns, grok, expressions, filters',
    'read, or named as wrong; what was written is read back',
    ['test/config/', 'test/parse/steps/', 'test/postgres/', 'test/query/'],
  ],
  [
    'Cursors, `Last-Event-ID`, what was kept of dead letters, values in Redis',
    'what we did not write is refused, or counts as nothing',
    ['test/query/', 'test/replay/', 'test/integration/redis-values.test.ts'],
  ],
  [
    'Hostile texts and names: records, requests, segments, roles, databases',
    'they come back as they were, and nothing of them is run',
    [
      'test/integration/hostile-records.test.ts',
      'test/integration/hostile-names.test.ts',
      'test/integration/api-hostile.test.ts',
    ],
  ],
]

/** Paths from the root of the project. */
export const fuzzedPlaces: readonly string[] = rows.flatMap(([, , where]) => where)

export const FUZZED = [
  '## What is fed with anything',
  '',
  'Properties, by fast-check: the seed of a failure is printed, and `FUZZ_SEED` repeats it; `FUZZ_RUNS=20` looks twenty times as long. With `CI` set the seed is always the same, elsewhere each run has its own.',
  '',
  '| What | Always true | Where |',
  '|---|---|---|',
  ...rows.map(
    ([what, isTrue, where]) => `| ${what} | ${isTrue} | ${where.map(path => `\`${path}\``).join(', ')} |`,
  ),
].join('\n')
