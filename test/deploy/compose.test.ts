/**
 * docker-compose.yml without a container engine: the schema of the Compose Specification, and what a schema cannot
 * know: settings, ports, tags, health checks, and the files of observability/ that it mounts.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import * as assert from 'uvu/assert'
import { loadConfig, unknownSettings } from '../../src/config/index.ts'
import { repositoryRoot } from '../../stack/paths.ts'
import { documentedProgram } from '../docs/sections.ts'
import { suite } from '../support/suite.ts'
import { type ComposeService, readCompose, readEnvFile, readText, readYaml, variablesOf } from './compose.ts'
import { readStages } from './dockerfile.ts'

const test = suite('deploy/compose')

const text = readText('docker-compose.yml')
const example = readEnvFile(readText('.env.example'))
const compose = readCompose(text)
const services = Object.entries(compose.services)
const own = services.filter(([, { build }]) => build !== undefined)
const isHealthChecked = ({ healthcheck, build }: ComposeService): boolean =>
  healthcheck?.disable !== true && (healthcheck !== undefined || build !== undefined)
const environmentOf = (service: ComposeService): Record<string, string> =>
  Object.fromEntries(Object.entries(service.environment ?? {}).map(([name, value]) => [name, String(value)]))

/** The schema as the linter dclint carries it. */
function validator() {
  const schema = readText('node_modules/dclint/schemas/compose.schema.json')
  const { $schema: _, ...rest } = JSON.parse(schema) as Record<string, unknown>
  return new Ajv({ strict: false, validateFormats: false }).compile(rest)
}

test('it is valid by the Compose Specification, which an error would not be', () => {
  const validate = validator()
  assert.ok(validate(compose), JSON.stringify(validate.errors))
  assert.not.ok(validate({ services: { kafka: { image: 'a:1', healtcheck: {} } } }))
})

for (const [name, service] of services) {
  test(`${name} has a pinned image, limits, and a health check where it stays`, () => {
    assert.match(service.image, /^[\w./-]+:v?\d+\.\d+(\.\d+)?(-\w+)?$/)
    assert.match(service.deploy!.resources.limits.cpus, /^\d+(\.\d+)?$/)
    assert.match(service.deploy!.resources.limits.memory, /^\d+[mg]$/)
    const ends = ['topic', 'roles', 'migrate'].includes(name)
    const serves = name !== 'producer'
    assert.is(isHealthChecked(service), !ends && serves)
  })

  test(`${name} waits for what is there and can become healthy`, () => {
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      const target = compose.services[other]
      assert.ok(target, other)
      assert.is(condition, isHealthChecked(target) ? 'service_healthy' : 'service_completed_successfully')
    }
  })

  test(`${name} mounts what exists`, () => {
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':')
      if (source.startsWith('./'))
        assert.ok(existsSync(join(repositoryRoot, source)) && volume.endsWith(':ro'), volume)
      else assert.ok(source in compose.volumes, volume)
    }
  })
}

test('ports are open to this machine only, each once', () => {
  const ports = services.flatMap(([, { ports = [] }]) => ports.map(port => port.split(':')))
  assert.ok(ports.length > 4)
  for (const port of ports) assert.equal([port.length, port[0]], [3, '127.0.0.1'])
  const published = ports.map(([, port]) => port)
  assert.is(new Set(published).size, published.length)
})

for (const [name, service] of own)
  test(`${name}: every variable is a setting with an accepted value`, () => {
    const env = environmentOf(service)
    assert.equal(unknownSettings(env), [])
    const { kafka, postgres, redis } = loadConfig({ file: null, env })
    for (const [address, port] of [
      [kafka.brokers[0]!, '9092'],
      [new URL(postgres.url).host, '5432'],
      [new URL(redis.url).host, '6379'],
    ] as const) {
      assert.ok(address.split(':')[0]! in compose.services, address)
      assert.is(address.split(':')[1], port)
    }
  })

test('the token of /debug reaches the program', () => {
  const debug = {
    LOGCOLLECTOR_HTTP_DEBUG: 'true',
    LOGCOLLECTOR_HTTP_DEBUG_TOKEN: 'sixteen-or-more-characters',
  }
  const { services } = readCompose(text, debug)
  const { http } = loadConfig({ file: null, env: environmentOf(services.logcollector!) })
  assert.equal([http.debug, http.debugToken], [true, debug.LOGCOLLECTOR_HTTP_DEBUG_TOKEN])
})

test('the image and the program are the ones of this repository', () => {
  const { version } = JSON.parse(readText('package.json')) as { version: string }
  for (const [, { image }] of own) assert.is(image, `logcollector:${version}`)
  const exposed = readStages(readText('Dockerfile'))
    .at(-1)!
    .instructions.find(({ name }) => name === 'EXPOSE')
  assert.is(compose.services.logcollector!.ports![0]!.split(':')[2], exposed!.text)
  const kafka = /<artifactId>kafka_[\d.]+<\/artifactId>\s*<version>([^<]+)</.exec(
    readText('stack/kafka/pom.xml'),
  )![1]
  for (const name of ['kafka', 'topic']) assert.is(compose.services[name]!.image, `apache/kafka:${kafka}`)
})

test('the demo producer is told what it understands', () => {
  const [command, ...words] = compose.services.producer!.command as readonly string[]
  const known = documentedProgram().commands.find(each => each.name() === command)!
  const options = words.filter(word => word.startsWith('--'))
  assert.equal(options, ['--generate', '--rate'])
  for (const option of options)
    assert.ok(
      known.options.some(({ long }) => long === option),
      option,
    )
})

test('.env.example has every variable with its default', () => {
  const found = variablesOf(text)
  assert.equal(Object.keys(example).sort(), [...found.keys()].sort())
  for (const [name, defaults] of found) assert.equal([...defaults], [example[name]], name)
  assert.not.match(text.replaceAll(/\$\{\w+:-[^}]*\}/g, ''), /\$\{/)
})

interface Prometheus {
  readonly scrape_configs: readonly {
    readonly job_name: string
    readonly static_configs: readonly { readonly targets: readonly string[] }[]
  }[]
}

test('Prometheus asks LogCollector and the exporters where they are', () => {
  const { scrape_configs: jobs } = readYaml<Prometheus>(readText('observability/prometheus.yml'))
  const targets = jobs.flatMap(({ static_configs }) => static_configs.flatMap(({ targets }) => targets))
  for (const target of targets) {
    const [host = '', port = ''] = target.split(':')
    const service = compose.services[host === 'localhost' ? 'prometheus' : host]
    const isThere = JSON.stringify([service?.healthcheck, service?.ports]).includes(`:${port}`)
    assert.ok(service && isThere, target)
  }
  for (const name of ['logcollector', 'postgres-exporter', 'redis-exporter', 'node-exporter'])
    assert.ok(
      targets.some(target => target.startsWith(`${name}:`)),
      name,
    )
})

test('Grafana reads as the role that is granted reading, the exporter as one that is granted nothing of it', () => {
  const { grafana, migrate, roles } = compose.services
  const exporter = environmentOf(compose.services['postgres-exporter']!)
  const made = environmentOf(roles!)
  const reader = [made.READER, made.READER_PASSWORD]
  const { READER_PASSWORD: password, READER_USER: user } = environmentOf(grafana!)
  assert.equal([user, password], reader)
  assert.equal(migrate!.command, ['migrate', '--reader', made.READER])
  assert.equal([exporter.DATA_SOURCE_USER, exporter.DATA_SOURCE_PASS], [made.MONITOR, made.MONITOR_PASSWORD])
  assert.is(new Set([made.PGUSER, made.READER, made.MONITOR]).size, 3)
  const sql = readText('deploy/compose/roles.sql')
  for (const [, name] of sql.matchAll(/^\\getenv \w+ (\w+)$/gm)) assert.ok(name! in made, name)
})

test('the disk that is watched is that of Postgres', () => {
  const volumeOf = (name: string) => compose.services[name]!.volumes!.map(volume => volume.split(':')[0])
  assert.equal(volumeOf('node-exporter'), volumeOf('postgres'))
})

test('Grafana gets both data sources, and the variables that they need', () => {
  const file = 'observability/grafana/provisioning/datasources/logcollector.yml'
  const source = readFileSync(join(repositoryRoot, file), 'utf8')
  const { datasources } = readYaml<{ datasources: { type: string; url: string }[] }>(source)
  assert.equal(datasources.map(({ type }) => type).sort(), ['grafana-postgresql-datasource', 'prometheus'])
  for (const { url } of datasources) assert.ok(/(\w+):\d+$/.exec(url)![1]! in compose.services, url)
  const given = environmentOf(compose.services.grafana!)
  for (const [, name] of source.matchAll(/\$(\w+)/g)) assert.ok(name! in given, name)
})

test.run()
