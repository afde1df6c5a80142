import * as assert from 'uvu/assert'
import type { PipelineError } from '../../src/errors.ts'
import { type ChildSpec, type RestartRule, Supervisor } from '../../src/supervisor/supervisor.ts'
import { suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'

const test = suite('supervisor')
const INTENSITY = 2
const PERIOD_MS = 1_000
const FAR_MS = 60_000

function setUp() {
  const said: string[] = []
  const added: string[] = []
  const escalated: PipelineError[] = []
  const clock = { now: 0 }
  const supervisor = new Supervisor({
    intensity: INTENSITY,
    periodMs: PERIOD_MS,
    onEscalated: error => escalated.push(error),
    emit: (name, event) => {
      if (name === 'supervisor:child:added' && 'child' in event) added.push(event.child)
      if (name === 'supervisor:child:restarted' && 'restarts' in event && 'child' in event)
        said.push(`restarted ${event.child} ${event.restarts}`)
    },
    now: () => clock.now,
  })
  const child = (name: string, restart: RestartRule = 'permanent', part?: Partial<ChildSpec['part']>) => ({
    name,
    restart,
    part: {
      async start() {
        said.push(`start ${name}`)
        await part?.start?.()
      },
      async stop() {
        said.push(`stop ${name}`)
        await part?.stop?.()
      },
    },
  })
  const told = (count: number) =>
    until(() => said.length >= count, { deadlineMs: 1_000, everyMs: 1, what: `${count} calls` })
  return { supervisor, child, said, added, escalated, clock, told }
}

test('starts in order, each when the one before has, and stops in reverse', async () => {
  const { supervisor, child, said, added } = setUp()
  let begin: (() => void) | undefined
  const slow = {
    start: () =>
      new Promise<void>(resolve => {
        begin = resolve
      }),
  }
  const started = supervisor.start([child('a', 'permanent', slow), child('b')])
  assert.equal(said, ['start a'])
  begin!()
  await started
  await supervisor.add(child('c'))
  assert.ok(await supervisor.stop(FAR_MS))
  assert.equal(said, ['start a', 'start b', 'start c', 'stop c', 'stop b', 'stop a'])
  assert.equal(added, ['a', 'b', 'c'])
})

test('what fails is stopped and started again, alone; what it says meanwhile has the same cause', async () => {
  const { supervisor, child, said, escalated, told } = setUp()
  await supervisor.start([child('a'), child('b')])
  for (let n = 0; n < 10; n++) supervisor.exited('a', new Error('broken'))
  await told(5)
  assert.equal(said, ['start a', 'start b', 'restarted a 1', 'stop a', 'start a'])
  await new Promise(setImmediate)
  supervisor.exited('a', new Error('again'))
  await told(8)
  assert.equal(said.slice(5), ['restarted a 2', 'stop a', 'start a'])
  assert.equal(escalated, [])
})

test('one failure more than the budget of all escalates, and nothing is restarted any more', async () => {
  const { supervisor, child, said, escalated, told } = setUp()
  await supervisor.start([child('a'), child('b'), child('c')])
  supervisor.exited('a', new Error('first'))
  supervisor.exited('b', new Error('second'))
  await told(9)
  const last = new Error('third')
  supervisor.exited('c', last)
  supervisor.exited('a', new Error('fourth'))
  assert.is(escalated.length, 1)
  assert.is(escalated[0]!.code, 'RESTARTS_EXCEEDED')
  assert.equal(escalated[0]!.context, { child: 'c', intensity: INTENSITY, periodMs: PERIOD_MS })
  assert.is(escalated[0]!.cause, last)
  assert.is(said.length, 9)
  assert.ok(await supervisor.stop(FAR_MS), 'the parts are stopped all the same')
  assert.equal(said.slice(9), ['stop c', 'stop b', 'stop a'])
})

test('failures older than the period are forgotten', async () => {
  const { supervisor, child, escalated, clock, told } = setUp()
  await supervisor.start([child('a'), child('b')])
  for (let n = 0; n < 5 * INTENSITY; n++) {
    supervisor.exited(n % 2 === 0 ? 'a' : 'b', new Error('broken'))
    await told(2 + 3 * (n + 1))
    clock.now += PERIOD_MS / INTENSITY
  }
  assert.equal(escalated, [])
})

test('a restart that fails counts as the next failure', async () => {
  const { supervisor, child, escalated } = setUp()
  let starts = 0
  const broken = {
    start() {
      starts += 1
      if (starts > 1) throw new Error(`start ${starts}`)
    },
  }
  await supervisor.start([child('a', 'permanent', broken)])
  supervisor.exited('a', new Error('broken'))
  await until(() => escalated.length > 0, { deadlineMs: 1_000, everyMs: 1, what: 'an escalation' })
  assert.is(starts, 1 + INTENSITY)
})

test('a part that fails as soon as it starts is restarted until the budget is used up', async () => {
  const { supervisor, child, escalated } = setUp()
  let starts = 0
  const start = () => {
    starts += 1
    if (starts > 1) supervisor.exited('a', new Error('at once'))
  }
  await supervisor.start([child('a', 'permanent', { start })])
  supervisor.exited('a', new Error('broken'))
  await until(() => escalated.length > 0, { deadlineMs: 1_000, everyMs: 1, what: 'an escalation' })
  assert.is(starts, 1 + INTENSITY)
})

for (const { rule, error, isRestarted } of [
  { rule: 'permanent', error: null, isRestarted: true },
  { rule: 'permanent', error: new Error('broken'), isRestarted: true },
  { rule: 'transient', error: null, isRestarted: false },
  { rule: 'transient', error: new Error('broken'), isRestarted: true },
  { rule: 'temporary', error: null, isRestarted: false },
  { rule: 'temporary', error: new Error('broken'), isRestarted: false },
] as const) {
  const end = error === null ? 'without an error' : 'by an error'
  test(`${rule}, ended ${end}: ${isRestarted ? 'restarted' : 'left'}`, async () => {
    const { supervisor, child, said } = setUp()
    await supervisor.start([child('a', rule)])
    supervisor.exited('a', error)
    await supervisor.stop(FAR_MS)
    const between = isRestarted ? ['restarted a 1', 'stop a'] : []
    assert.equal(said, ['start a', ...between, 'stop a'])
  })
}

test('a first start that throws is the caller’s, and the others are still stopped', async () => {
  const { supervisor, child, said } = setUp()
  const start = () => Promise.reject(new Error('no'))
  const failure = await supervisor
    .start([child('a'), child('b', 'permanent', { start }), child('c')])
    .catch(error => error)
  assert.is(failure.message, 'no')
  await supervisor.stop(FAR_MS)
  assert.equal(said, ['start a', 'start b', 'stop b', 'stop a'])
})

test('a part that hangs or throws at its stop does not keep the others from theirs', async () => {
  const { supervisor, child, said, clock } = setUp()
  const hanging = { stop: () => new Promise<void>(() => undefined) }
  await supervisor.start([child('a'), child('b', 'permanent', hanging), child('c')])
  assert.not(await supervisor.stop(clock.now + 20), 'it was not clean')
  assert.equal(said.slice(3), ['stop c', 'stop b', 'stop a'])
  const second = setUp()
  const throwing = { stop: () => Promise.reject(new Error('cannot')) }
  await second.supervisor.start([second.child('a'), second.child('b', 'permanent', throwing)])
  const failure = await second.supervisor.stop(FAR_MS).catch(error => error)
  assert.is(failure.message, 'cannot')
  assert.equal(second.said.slice(2), ['stop b', 'stop a'])
})

test('nothing starts once the end has begun', async () => {
  const { supervisor, child, said } = setUp()
  let begin: (() => void) | undefined
  const slow = {
    start: () =>
      new Promise<void>(resolve => {
        begin = resolve
      }),
  }
  const started = supervisor.start([child('a', 'permanent', slow), child('b')])
  await supervisor.stop(FAR_MS)
  begin!()
  await started
  supervisor.exited('a', new Error('late'))
  assert.equal(said, ['start a', 'stop a'])
})

test.run()
