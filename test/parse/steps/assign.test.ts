/** The steps rename, set and remove: src/parse/steps/assign.ts, template.ts. */
import * as assert from 'uvu/assert'
import { suite } from '../../support/suite.ts'
import { after, stepOf } from './record.ts'

const test = suite('parse/steps/assign')

test('rename: in order, what is not there is left alone', () => {
  const record = { a: 'x', b: 'y', deep: { c: 'z' } }
  const found = after('rename', { fields: { a: 'message', b: 'a', missing: 'b', 'deep.c': 'd' } }, record)
  assert.equal(found, { message: 'x', a: 'y', deep: { c: 'z' }, d: 'z' })
  const typed = after('rename', { fields: { n: 'm', deep: 'whole' } }, { n: 1.5, deep: { ok: true } })
  assert.equal(typed, { m: 1.5, whole: { ok: true } })
  assert.throws(() => stepOf('rename', { fields: { a: 'a' } }), 'is renamed to itself')
})

test('set: constants of each type and templates, in order', () => {
  const fields = {
    env: 'production',
    count: 3,
    ok: true,
    gone: null,
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the syntax of templates
    route: '${method} ${path}${missing}!',
    again: '<${route}>',
    plain: '$${method} costs $5',
    mixed: '$${a} ${method}',
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: the syntax of templates
  }
  assert.equal(after('set', { fields }, { method: 'GET', path: '/x' }), {
    method: 'GET',
    path: '/x',
    env: 'production',
    count: 3,
    ok: true,
    gone: null,
    route: 'GET /x!',
    again: '<GET /x!>',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of templates
    plain: '${method} costs $5',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of templates
    mixed: '${a} GET',
  })
})

test('set: a template that is not closed', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of templates
  for (const text of ['a ${b', '${}', '${'])
    assert.throws(() => stepOf('set', { fields: { x: text } }), 'has ${')
})

test('remove', () => {
  assert.equal(after('remove', { fields: ['a', 'missing'] }, { a: 1, b: 2 }), { b: 2 })
})

test.run()
