/**
 * The Dockerfile without a container engine: its steps run in a clean directory, and what they make runs as another
 * user on a tree that nobody may write, with the health check of the image beside it.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, chmodSync, constants, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { guard } from '../../stack/guard.ts'
import { createDataFolder, repositoryRoot } from '../../stack/paths.ts'
import { findFreePorts } from '../../stack/ports.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { buildStages, execForm, only, pairsOf, readStages } from './dockerfile.ts'

const test = suite('deploy/dockerfile', { timeoutMs: 120_000 })

const read = (file: string): string => readFileSync(join(repositoryRoot, file), 'utf8')
const manifest = JSON.parse(read('package.json')) as { version: string; engines: { node: string } }
const stages = readStages(read('Dockerfile'))
const image = stages.at(-1)!
const mebibyte = 2 ** 20

test('every stage is of one image, pinned to a release of Node that is new enough', () => {
  assert.is(new Set(stages.map(({ image }) => image)).size, 1)
  const [, major, minor] = /^node:(\d+)\.(\d+)\.\d+-[a-z]+-slim$/.exec(image.image) ?? []
  const [, least, leastMinor] = />=(\d+)\.(\d+)/.exec(manifest.engines.node) ?? []
  assert.ok(Number(major) > Number(least) || (major === least && Number(minor) >= Number(leastMinor)))
  assert.is(Number(major) % 2, 0, 'odd releases are never LTS')
})

test('the image says what it is, who it runs as and how it is stopped and looked after', () => {
  assert.match(only(image, 'USER'), /^[1-9]\d*:[1-9]\d*$/)
  assert.is(only(image, 'STOPSIGNAL'), 'SIGTERM')
  assert.is(only(image, 'EXPOSE'), '8080')
  assert.is(pairsOf(only(image, 'LABEL'))['org.opencontainers.image.version'], manifest.version)
  assert.equal(execForm(only(image, 'ENTRYPOINT')), ['node', 'dist/src/main.js'])
  assert.equal(execForm(only(image, 'CMD')), ['run'])
  assert.match(only(image, 'HEALTHCHECK'), '/healthz')
  assert.not.ok(
    image.instructions.some(({ name }) => name === 'RUN'),
    'the last stage only copies',
  )
})

/** Nobody, where we may become somebody else; ourselves otherwise. */
const owner = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

function filesBelow(folder: string): { path: string; bytes: number; mode: number; mtimeMs: number }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(path => {
    const { size, mode, mtimeMs } = lstatSync(join(folder, path))
    return { path, bytes: size, mode, mtimeMs }
  })
}

/** Takes away every right to write, from root's files too; gives back the tree's files as they are then. */
function sealed(folder: string): ReturnType<typeof filesBelow> {
  for (const { path } of filesBelow(folder)) {
    const full = join(folder, path)
    if (!lstatSync(full).isSymbolicLink()) chmodSync(full, lstatSync(full).mode & 0o555)
  }
  return filesBelow(folder)
}

/** The program of the image as the engine would start it: its user, environment and folder. */
function start(folder: string, args: readonly string[], settings: Record<string, string>): ChildProcess {
  const [, ...entry] = execForm(only(image, 'ENTRYPOINT'))
  const child = spawn(process.execPath, [...entry, ...args], {
    cwd: folder,
    env: { ...pairsOf(only(image, 'ENV')), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...owner,
  })
  const pid = child.pid!
  guard({ watch: pid, signal: 'SIGKILL' })
  child.once('exit', () => guard({ forget: pid }))
  cleanUp(() => void child.kill('SIGKILL'))
  return child
}

/** Exit code of the image's health check. */
function health(folder: string, settings: Record<string, string>): number | null {
  const [, ...args] = execForm(only(image, 'HEALTHCHECK'))
  return spawnSync(process.execPath, args, { cwd: folder, env: settings, ...owner }).status
}

async function outputOf(child: ChildProcess): Promise<{ code: number; text: string }> {
  let text = ''
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', chunk => (text += String(chunk)))
  const [code] = (await once(child, 'close')) as [number]
  return { code, text }
}

/** Serves with neither Kafka nor Postgres: alive and not ready; SIGTERM ends it in order. */
async function livesAndStops(app: string): Promise<void> {
  const [port] = await findFreePorts(1)
  const settings = {
    LOGCOLLECTOR_HTTP_PORT: String(port),
    LOGCOLLECTOR_KAFKA_BROKERS: '127.0.0.1:1',
    LOGCOLLECTOR_POSTGRES_URL: 'postgres://nobody@127.0.0.1:1/none',
  }
  assert.is(health(app, settings), 1, 'nothing answers yet')
  const child = start(app, execForm(only(image, 'CMD')), settings)
  const ended = outputOf(child)
  await until(() => health(app, settings) === 0, { deadlineMs: 30_000, what: 'the health check passes' })
  assert.is((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 503)
  child.kill(only(image, 'STOPSIGNAL') as NodeJS.Signals)
  const { code, text } = await ended
  assert.is(code, 0, text)
  assert.is(health(app, settings), 1)
}

test('its steps make a small tree that runs as another user and writes nothing', async () => {
  const target = createDataFolder('image')
  chmodSync(target, 0o755)
  const roots = await buildStages(stages, { context: repositoryRoot, target })
  const app = join(roots.get(image.name)!, only(image, 'WORKDIR'))
  const before = sealed(app)
  const bytes = before.reduce((sum, file) => sum + file.bytes, 0)
  assert.ok(bytes < 30 * mebibyte, `${(bytes / mebibyte).toFixed(1)} MiB`)
  const names = before.map(({ path }) => path)
  for (const needed of ['dist/src/kernel/kernel.wasm', 'dist/src/parse/worker.js', 'LICENSE', 'package.json'])
    assert.ok(names.includes(needed), needed)
  const superfluous = names.filter(path =>
    /\.(d\.ts|map)$|^node_modules\/(typescript|assemblyscript|uvu)\//.test(path),
  )
  assert.equal(superfluous, [])
  if (process.getuid?.() !== 0) assert.throws(() => accessSync(join(app, 'package.json'), constants.W_OK))

  const { code, text } = await outputOf(start(app, ['--version'], {}))
  assert.equal([code, text.trim()], [0, manifest.version])
  await livesAndStops(app)
  assert.equal(filesBelow(app), before)
})

test('as process 1, which hears only what it listens to, any command ends by a signal', async () => {
  const unshared = ['--user', '--map-root-user', '--pid', '--fork', '--kill-child']
  if (spawnSync('unshare', [...unshared, 'true']).status !== 0) return
  // A Postgres that never answers: "migrate" waits for it, and listens to no signal itself.
  const silent = createServer().listen(0, '127.0.0.1')
  cleanUp(() => void silent.close())
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const main = join(repositoryRoot, 'dist', 'src', 'main.js')
  const url = `postgres.url=postgres://nobody@127.0.0.1:${port}/none`
  const args = [...unshared, process.execPath, main, 'migrate', '--set', url]
  const child = spawn('unshare', args, { stdio: 'ignore' })
  const pid = child.pid!
  guard({ watch: pid, signal: 'SIGKILL' })
  cleanUp(() => void child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const [socket] = (await once(silent, 'connection')) as [Socket]
  socket.on('error', () => undefined)
  process.kill(Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')), 'SIGTERM')
  assert.equal(await ended, [143, null])
  guard({ forget: pid })
  socket.destroy()
})

test.run()
