/**
 * Backup and restore as docs/operations.md has them: a dump made while records are stored goes into a fresh database,
 * and the program goes on there by itself, with every record once. Without pg_dump the server copies the database.
 */
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { createDataFolder, repositoryRoot } from '../../stack/paths.ts'
import { Flow } from '../faults/flow.ts'
import { showingLogs } from '../faults/instance.ts'
import { assertExactlyOnce } from '../faults/judge.ts'
import { Observer } from '../faults/observer.ts'
import { postgresAddress } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { dropDatabase, execute, uniqueName, urlOf } from '../support/template.ts'
import { until } from '../support/wait.ts'

const test = suite('backup and restore', { timeoutMs: 100_000 })
const run = promisify(execFile)
const page = readFileSync(join(repositoryRoot, 'docs', 'operations.md'), 'utf8')
const debianFolder = '/usr/lib/postgresql'

/** The commands under `<!-- test: name -->`. */
function commands(name: string): string {
  const text = new RegExp(`<!-- test: ${name} -->\\n\`\`\`sh\\n([^\`]+)`).exec(page)?.[1]
  assert.ok(text, `${name} in docs/operations.md`)
  return text
}

/** The folder of the newest pg_dump here; null: there is none. */
function clientFolder(): string | null {
  const debian = existsSync(debianFolder)
    ? readdirSync(debianFolder)
        .sort((a, b) => Number(b) - Number(a))
        .map(version => join(debianFolder, version, 'bin'))
    : []
  const folders = [...debian, ...(process.env.PATH ?? '').split(delimiter)]
  return folders.find(folder => existsSync(join(folder, 'pg_dump'))) ?? null
}

const shell = (script: string, variables: Readonly<Record<string, string>>): Promise<unknown> =>
  run('sh', ['-e', '-c', script], { env: { ...process.env, ...variables }, cwd: variables.FOLDER })

async function freshDatabase(name: string, template = 'template0'): Promise<string> {
  const server = postgresAddress()
  await execute(server, `create database ${name} template ${template}`)
  cleanUp(() => dropDatabase(server, name))
  return urlOf(server, name)
}

test(
  'the program goes on in the restored database: every record once, and verify finds nothing',
  showingLogs(async () => {
    const flow = await Flow.create({ partitions: 2 })
    const before = flow.start()
    await before.ready()
    await flow.produce({ records: 20_000 })
    const enough = new AbortController()
    const producing = flow.produce({ records: 1_000_000, recordsPerSecond: 5_000, signal: enough.signal })
    const folder = clientFolder()
    const name = uniqueName('restored')
    const variables = {
      DATABASE_URL: flow.url,
      RESTORED_URL: urlOf(postgresAddress(), name),
      FOLDER: createDataFolder('backup'),
      PATH: `${folder ?? ''}${delimiter}${process.env.PATH ?? ''}`,
    }
    const isUnderWay = async () => (await flow.observer.committed()) > 20_000
    await before.during(until(isUnderWay, { deadlineMs: 20_000, what: 'records of the second run' }))
    if (folder !== null) await shell(commands('backup'), variables)
    const dumped = await flow.observer.committed()
    // What is stored after the backup is to be stored again.
    const isFurther = async () => (await flow.observer.committed()) > dumped + 2_000
    await before.during(until(isFurther, { deadlineMs: 20_000, what: 'records after the backup' }))
    enough.abort()
    await producing
    await before.kill('SIGTERM')
    await flow.observer.close()
    const url = await freshDatabase(name, folder === null ? new URL(flow.url).pathname.slice(1) : undefined)
    if (folder !== null) await shell(commands('restore'), variables)
    console.log(folder === null ? 'no pg_dump here: copied by the server' : `pg_dump of ${folder}`)
    const observer = new Observer(url, flow.topic)
    const restored = await observer.committed()
    if (folder !== null) assert.ok(restored > 0 && restored < flow.oracle.records, 'a state of before')
    const after = flow.start({ 'postgres.url': url })
    await after.during(observer.caughtUp(flow.oracle, 30_000))
    await after.kill('SIGTERM')
    await assertExactlyOnce(url, flow.oracle, flow.topic)
    await observer.close()
  }),
)

test.run()
