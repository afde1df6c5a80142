/**
 * docs/setup.md: the package is made and installed as it says, in folders of the test's own, and the installed program
 * runs. Docker's commands cannot run here: what they name is compared with what there is.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import * as assert from 'uvu/assert'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { loadConfig, unknownSettings } from '../../src/config/index.ts'
import { runCommand } from '../../stack/command.ts'
import { guard } from '../../stack/guard.ts'
import { createDataFolder, repositoryRoot } from '../../stack/paths.ts'
import { findFreePorts } from '../../stack/ports.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { readText } from './compose.ts'

const test = suite('deploy/setup', { timeoutMs: 120_000 })

const page = readText('docs/setup.md')
const { version } = JSON.parse(readText('package.json')) as { version: string }
const tarball = `logcollector-${version}.tgz`

/** The block after `<!-- test: name -->`. */
function block(name: string): string {
  const found = new RegExp(`<!-- test: ${name} -->\n\`\`\`\\w+\n([\\s\\S]*?)\`\`\``).exec(page)
  if (!found) throw new Error(`docs/setup.md has no block "${name}"`)
  return found[1]!
}

/** Of our caller npm, which would speak to the npm that we call. */
const foreign = /^npm_(package|lifecycle|command|execpath|node|config_\w*prefix)|^LOGCOLLECTOR_/

/** Where the package is made and installed. */
const place = createDataFolder('setup')
const prefix = join(place, 'prefix')
const environment: Record<string, string> = {
  ...(Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name))) as object),
  PATH: [join(prefix, 'bin'), process.env.PATH].join(delimiter),
  npm_config_prefix: prefix,
}
const nowhere = {
  LOGCOLLECTOR_KAFKA_BROKERS: '127.0.0.1:1',
  LOGCOLLECTOR_POSTGRES_URL: 'postgres://nobody@127.0.0.1:1/none',
}

interface Ran {
  readonly status: number | null
  readonly stdout: string
  /** That, and standard error behind it. */
  readonly output: string
}

/** Runs lines of the page in that place. */
function shell(lines: string, extra: Record<string, string> = {}): Ran {
  const options = { cwd: place, env: { ...environment, ...extra }, encoding: 'utf8' as const }
  const { status, stdout, stderr } = spawnSync('bash', ['-ec', lines], options)
  return { status, stdout, output: `${stdout}${stderr}` }
}

test('the package holds the program, the migrations and the pages, and nothing else', async () => {
  // The lines before it, npm ci and npm run build, are steps of the Dockerfile, whose test runs them.
  assert.equal(block('pack').trim().split('\n'), ['npm ci', 'npm run build', 'npm pack'])
  await runCommand('npm', ['pack', '--silent', '--pack-destination', place], { cwd: repositoryRoot })
  const names = (await runCommand('tar', ['-tzf', join(place, tarball)])).trim().split('\n')
  const needed = ['dist/src/main.js', 'dist/src/kernel/kernel.wasm', 'sql/0001_logcollector.sql', 'LICENSE']
  for (const name of needed) assert.ok(names.includes(`package/${name}`), name)
  const folders = new Set(names.map(name => name.split('/').slice(1, 3).join('/')))
  for (const folder of folders)
    assert.match(
      folder,
      /^(dist\/src|docs\/[\w.-]+|sql\/[\w.]+|deploy\/systemd|[A-Z]+(\.md)?|package\.json|logcollector\.example\.yaml)$/,
    )
  assert.not.ok(names.some(name => name.endsWith('.map')))
  for (const file of readdirSync(join(repositoryRoot, 'sql')))
    assert.ok(names.includes(`package/sql/${file}`), file)
})

test('installed, it says its version, and reads the configuration of the page', () => {
  mkdirSync(prefix)
  const install = block('install')
  assert.match(install, tarball)
  const { status, stdout, output } = shell(install)
  assert.is(status, 0, output)
  assert.is(stdout.trim().split('\n').at(-1), version)
  writeFileSync(join(place, 'logcollector.yaml'), block('yaml'))
  const config = JSON.parse(shell('logcollector config --json').output) as Record<string, { value: string }>
  assert.is(config['kafka.brokers']!.value, 'kafka-1:9092,kafka-2:9092')
  assert.is(config['postgres.url']!.value, 'postgres://logcollector@db/logs')
})

test('check names what is missing', () => {
  const { status, output } = shell(block('check'), nowhere)
  assert.is(status, exitCodes.unavailable.code, output)
  for (const subject of ['kafka', 'postgres']) assert.match(output, new RegExp(`problem +${subject}`))
})

test('run serves, and stops when it is told', async () => {
  const [port] = await findFreePorts(1)
  const env = { ...environment, ...nowhere, LOGCOLLECTOR_HTTP_PORT: String(port) }
  const child = spawn('bash', ['-ec', `exec ${block('run').trim()}`], { cwd: place, env, stdio: 'ignore' })
  const pid = child.pid!
  guard({ watch: pid, signal: 'SIGKILL' })
  cleanUp(() => void child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const isUp = async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).ok
  await until(isUp, { deadlineMs: 30_000, what: 'it serves' })
  child.kill('SIGTERM')
  assert.equal(await ended, [0, null])
  guard({ forget: pid })
})

for (const file of ['docs/setup.md', 'docs/debug.md', 'SECURITY.md', 'deploy/systemd/logcollector.service'])
  test(`${file} names settings and files that there are`, () => {
    const text = readText(file)
    const variables = [...text.matchAll(/LOGCOLLECTOR_[A-Z_]*[A-Z]/g)].map(([name]) => [name, 'x'])
    assert.equal(unknownSettings(Object.fromEntries(variables)), [])
    const folder = file.split('/').slice(0, -1).join('/')
    for (const [, path] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g))
      assert.ok(existsSync(join(repositoryRoot, folder, path!)), path)
  })

test('the files that the page copies are there, and Docker is told what the image can take', () => {
  for (const [path] of page.matchAll(/(?<!test\/)\bdeploy\/[\w./-]+\w|\.env\.example/g))
    assert.ok(existsSync(join(repositoryRoot, path)), path)
  const env = Object.fromEntries(
    [...page.matchAll(/--env (LOGCOLLECTOR_\w+)=(\S+)/g)].map(([, name, value]) => [name, value]),
  )
  assert.is(Object.keys(env).length, 3)
  assert.is(loadConfig({ file: null, env }).kafka.topics[0], 'logs')
  for (const [, tag] of page.matchAll(/logcollector:(\d[\w.]*)/g)) assert.is(tag, version)
})

test.run()
