/**
 * Who may import whom: the table of docs/architecture.md, read off the import lines of src/.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { repositoryRoot } from '../stack/paths.ts'
import { type Imports, importsOf, readImports } from './support/import-lines.ts'
import { suite } from './support/suite.ts'

const test = suite('imports')
const sources = readImports(repositoryRoot, 'src')

/** A stage imports its own folder and what is shared; engine, main and cli hand it the functions of others. */
const stages = [
  'source',
  'parse',
  'sink',
  'store',
  'query',
  'redis',
  'http',
  'produce',
  'intake',
  'transport',
  'anomalies',
]
const shared = [
  'src/errors.ts',
  'src/errors/',
  'src/events.ts',
  'src/config/types.ts',
  'src/config/index.ts',
  'src/snapshot.ts',
  'src/arena/',
  'src/supervisor/',
  'src/postgres/',
  'src/kernel/',
  'src/parse/contract.ts',
  'src/codecs/',
  'src/otlp/',
  'src/intake/contract.ts',
  'src/query/contract.ts',
  'src/query/cached.ts',
  'src/anomalies/types.ts',
  'src/parse/steps/',
  'src/config/nearest.ts',
]
/** Further edges: the producer is an adapter of kafkajs, so it lives in its only home. */
const extra: Readonly<Record<string, readonly string[]>> = {
  produce: ['src/source/kafka/'],
  intake: ['src/source/kafka/', 'src/produce/'],
  transport: ['src/source/kafka/', 'src/intake/'],
}

/** Packages that have one home each. */
const homes: Readonly<Record<string, readonly string[]>> = {
  pg: ['src/postgres/', 'src/sink/', 'src/store/', 'src/query/'],
  'pg-copy-streams': ['src/sink/'],
  kafkajs: ['src/source/kafka/'],
  piscina: ['src/parse/pool'],
  'prom-client': ['src/metrics'],
  pino: ['src/log'],
  fastify: ['src/http/'],
  '@fastify/cors': ['src/http/api/'],
  '@fastify/rate-limit': ['src/http/api/'],
  '@fastify/swagger': ['src/http/api/'],
  '@fastify/swagger-ui': ['src/http/api/'],
  ioredis: ['src/redis/'],
  protobufjs: ['src/otlp/'],
  'eventsource-parser': ['src/cli/tail'],
  commander: ['src/main.ts', 'src/cli/'],
  yaml: ['src/config/'],
  snappy: ['src/codecs/'],
  'lz4-napi': ['src/codecs/'],
  '@foxglove/wasm-zstd': ['src/codecs/'],
  recheck: ['src/config/steps/'],
  re2js: ['src/parse/steps/'],
  'mmdb-lib': ['src/parse/steps/'],
  'ua-parser-js': ['src/parse/steps/'],
}
const workerBuiltins = [
  'node:worker_threads',
  'node:zlib',
  'node:buffer',
  'node:perf_hooks',
  'node:crypto',
  'node:module',
]
const workerPackages = [
  '@node-rs/crc32',
  'snappy',
  '@foxglove/wasm-zstd',
  're2js',
  'mmdb-lib',
  'ua-parser-js',
]

const isIn = (file: string, places: readonly string[]): boolean =>
  places.some(place => file.startsWith(place))

/** One line for each import that `isWrong` objects to. */
const offences = (files: readonly Imports[], isWrong: (file: string, target: string) => boolean): string[] =>
  files.flatMap(({ file, targets }) =>
    targets.filter(target => isWrong(file, target)).map(target => `${file} imports ${target}`),
  )

test('reads every form of import', () => {
  const text = [
    `import type { A } from './a.ts'`,
    `import {\n  b,\n} from '../b/b.ts'`,
    `export { c } from 'kafkajs/src/c.js'`,
    `import '@scope/d/part'`,
    `const e = await import('node:fs')`,
    `// import './not.ts'`,
  ].join('\n')
  assert.equal(importsOf('src/x/y.ts', text), ['src/x/a.ts', 'src/b/b.ts', 'kafkajs', '@scope/d', 'node:fs'])
})

test('there are sources to judge', () => {
  assert.ok(sources.length > 10)
})

test('stages never import each other', () => {
  const isForeign = (file: string, target: string): boolean => {
    const stage = stages.find(name => file.startsWith(`src/${name}/`))
    if (!stage || !target.startsWith('src/')) return false
    return !isIn(target, [`src/${stage}/`, ...shared, ...(extra[stage] ?? [])])
  }
  assert.equal(offences(sources, isForeign), [])
})

test('what is shared imports nothing but what is shared', () => {
  const isUpward = (file: string, target: string): boolean =>
    isIn(file, shared) && target.startsWith('src/') && !isIn(target, [...shared, 'src/config/'])
  assert.equal(offences(sources, isUpward), [])
})

test('each client library has one home', () => {
  const isStray = (file: string, target: string): boolean => target in homes && !isIn(file, homes[target]!)
  assert.equal(offences(sources, isStray), [])
})

test('Kafka clients are made in one place, which knows TLS and login', () => {
  const makers = sources.filter(({ text }) => /\bnew Kafka\(/.test(text))
  assert.equal(
    makers.map(({ file }) => file),
    ['src/source/kafka/client.ts'],
  )
})

test('src imports neither tests nor stack nor benches', () => {
  assert.equal(
    offences(sources, (_, target) => /^(stack|test|native-bench|scripts)\//.test(target)),
    [],
  )
})

test('only config reads the environment', () => {
  const readers = sources.filter(
    ({ file, text }) => !isIn(file, ['src/config/']) && /\bprocess\.env\b/.test(text),
  )
  assert.equal(
    readers.map(({ file }) => file),
    [],
  )
})

test('the worker and all that it imports are free of I/O', () => {
  const byName = new Map(sources.map(source => [source.file, source]))
  const entry = byName.get('src/parse/worker.ts')
  assert.ok(entry, 'src/parse/worker.ts is the entry of the threads')
  const steps = byName.get('src/parse/steps/index.ts')
  assert.ok(steps, 'src/parse/steps/index.ts is what the worker imports of the steps')
  const closure = new Set([entry, steps])
  for (const source of closure)
    for (const target of source.targets) {
      const next = byName.get(target)
      if (next) closure.add(next)
    }
  const isIo = (_: string, target: string): boolean =>
    target.startsWith('src/')
      ? isIn(target, ['src/log', 'src/metrics'])
      : ![...workerBuiltins, ...workerPackages].includes(target)
  assert.equal(offences([...closure], isIo), [])
})

test('docs/architecture.md names every stage, what is shared, and every package with a home', () => {
  const text = readFileSync(join(repositoryRoot, 'docs', 'architecture.md'), 'utf8')
  const table = text.slice(text.indexOf('## Who may import whom'), text.indexOf('test/imports.test.ts'))
  const folders = [...shared, ...Object.values(extra).flat()]
    .map(place => place.slice('src/'.length).replace(/\/$|\.ts$/, ''))
    // A folder says it for its files.
    .map(place => /^(config|errors)\b/.exec(place)?.[0] ?? place)
  const missing = [...stages, ...folders]
    .filter(name => !table.includes(`\`${name}\``))
    .concat(Object.keys(homes).filter(name => !new RegExp(`(^|[ ,])${name}[ ,]`).test(table)))
  assert.equal(missing, [])
})

test.run()
