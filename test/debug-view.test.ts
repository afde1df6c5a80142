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

test('the last fifty kinds of trouble are kept, each with how often; and the last restarts', () => {
  const recent = new RecentEvents()
  const emit = createEvents(recent.listen)
  emit('store:segment:created', { segment: 'not a trouble' })
  for (let turn = 1; turn <= 60; turn++) {
    const child = `writer ${turn}`
    for (const restarts of [1, 2])
      emit('supervisor:child:restarted', { child, error: new Error(`no ${turn}.${restarts}`), restarts })
  }
  const list = recent.list()
  assert.equal([list.length, recent.restarts['writer 1'], recent.restarts['writer 60']], [50, 2, 2])
  assert.match(JSON.stringify(list[0]), 'no 11.2')
  const { at, event, level, since, times } = list.at(-1)!
  assert.equal([level, event, times], ['warn', 'supervisor:child:restarted', 2])
  assert.ok(since <= at)
  const history = recent.restartHistory()
  assert.equal([history.length, history.at(-1)?.child, history.at(-1)?.restarts], [20, 'writer 60', 2])
})

test('what fails again is the latest, not one more', () => {
  const recent = new RecentEvents()
  const error = new PipelineError('POSTGRES_UNAVAILABLE')
  recent.listen('store:task:failed', { task: 'a', error })
  for (let n = 0; n < 100; n++) recent.listen('store:task:failed', { task: 'b', error })
  recent.listen('store:task:failed', { task: 'a', error })
  assert.equal(
    recent.list().map(({ facts, times }) => [(facts as { task: string }).task, times]),
    [
      ['b', 100],
      ['a', 2],
    ],
  )
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
