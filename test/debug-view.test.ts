/** What /debug says (src/debug-view.ts): utilisation, troubles, and never a secret; and the ring of troubles. */
import * as assert from 'uvu/assert'
import { loadConfig } from '../src/config/index.ts'
import { createDebugView } from '../src/debug-view.ts'
import { PipelineError } from '../src/errors.ts'
import { createEvents } from '../src/events.ts'
import { RecentEvents } from '../src/recent-events.ts'
import { engineFacts } from './support/engine-facts.ts'
import { suite } from './support/suite.ts'

const test = suite('debug-view')

interface View {
  readonly version: string
  readonly uptimeMs: number
  readonly parse: { readonly utilisation: { readonly overMs: number; readonly share: readonly number[] } }
  readonly restarts: Readonly<Record<string, number>>
  readonly recent: readonly { readonly event: string; readonly facts: Readonly<Record<string, unknown>> }[]
}

const overrides = {
  'postgres.url': 'postgres://logs:hunter%322@h/db?sslpassword=hunter3',
  'redis.url': 'redis://:hunter4@h',
}
const config = loadConfig({ file: null, env: {}, overrides })

test('the ring keeps the last fifty troubles and counts restarts', () => {
  const recent = new RecentEvents()
  const emit = createEvents(recent.listen)
  emit('store:segment:created', { segment: 'not a trouble' })
  for (let restarts = 1; restarts <= 60; restarts++)
    emit('supervisor:child:restarted', { child: 'writer 0', error: new Error(`no ${restarts}`), restarts })
  const list = recent.list()
  assert.equal([list.length, recent.restarts], [50, { 'writer 0': 60 }])
  assert.match(JSON.stringify(list[0]), 'no 11')
  assert.equal([list.at(-1)?.level, list.at(-1)?.event], ['warn', 'supervisor:child:restarted'])
})

test('a trouble is shown with code, context and cause', () => {
  const recent = new RecentEvents()
  const error = new PipelineError('POSTGRES_UNAVAILABLE', { task: 'claim' }, new Error('no route'))
  recent.listen('store:task:failed', { task: 'claim', error })
  assert.equal(recent.list()[0]?.facts, {
    task: 'claim',
    error: 'Postgres does not answer or closed the connection',
    code: 'POSTGRES_UNAVAILABLE',
    cause: 'no route',
    remedy: error.remedy,
  })
})

test('no secret gets out, however it came into a text', () => {
  const recent = new RecentEvents()
  const cause = new Error('cannot use hunter%322, hunter22, hunter3 or redis://:hunter4@h')
  recent.listen('store:task:failed', {
    task: 't',
    error: new PipelineError('POSTGRES_UNAVAILABLE', { reason: cause.message }, cause),
  })
  const facts = engineFacts({ store: { trouble: cause.message } })
  const view = createDebugView({ config, version: '1.2.3', recent, facts: () => facts })
  const text = JSON.stringify(view())
  assert.match(text, 'cannot use ***, ***, *** or redis://:***@h')
  assert.not.match(text, 'hunter')
})

test('utilisation is the share of time since the last look', () => {
  let busyMs: readonly number[] = [0, 0]
  const facts = () => {
    const { parse } = engineFacts()
    return engineFacts({ parse: { ...parse, busyMs } })
  }
  const view = createDebugView({ config, version: '1.2.3', recent: new RecentEvents(), facts })
  const { parse, uptimeMs, version } = view() as View
  assert.equal(parse.utilisation.share, [0, 0])
  assert.ok(uptimeMs > 0 && version === '1.2.3')
  busyMs = [1e9, 0]
  const [first, second] = (view() as View).parse.utilisation.share
  assert.ok(first! > 0)
  assert.is(second, 0)
})

test.run()
