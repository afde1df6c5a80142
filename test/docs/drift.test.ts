/** The documentation says what the code does: generated parts are up to date, and nothing is left out. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { chartFolder } from '../../native-bench/charts/list.ts'
import { exitCodes, exitCodesHelp } from '../../src/cli/exit-codes.ts'
import { describeConfig, loadConfig } from '../../src/config/index.ts'
import { defaultOf } from '../../src/config/render.ts'
import { envName, settingKeys, settingOf } from '../../src/config/settings/index.ts'
import { errorKinds } from '../../src/errors.ts'
import { METRIC_PREFIX, metricNames } from '../../src/metrics/catalogue.ts'
import { repositoryRoot } from '../../stack/paths.ts'
import { suite } from '../support/suite.ts'
import {
  documentationPages,
  documentedProgram,
  generatedFiles,
  readPage,
  regenerated,
  sections,
  sectionsOf,
} from './sections.ts'

const test = suite('docs/drift')

/** The page that must hold each section; others may repeat it. */
const homes: Readonly<Record<string, string>> = {
  settings: 'docs/configuration.md',
  errors: 'docs/errors.md',
  metrics: 'docs/metrics.md',
  boards: 'docs/metrics.md',
  commands: 'docs/cli.md',
  'exit codes': 'docs/cli.md',
  'pipeline figures': 'README.md',
  steps: 'docs/pipelines.md',
  events: 'docs/logging.md',
}

for (const page of documentationPages().filter(name => existsSync(join(repositoryRoot, name))))
  test(`${page} is as "npm run docs" would write it`, () => {
    const text = readPage(page)
    assert.fixture(text, regenerated(text))
  })

for (const [file, render] of Object.entries(generatedFiles))
  test(`${file} is as "npm run docs" would write it`, () => assert.fixture(readPage(file), render()))

test('every chart is made from a result, and shown', () => {
  const made = Object.keys(generatedFiles).filter(file => file.startsWith(`${chartFolder}/`))
  assert.equal(
    readdirSync(join(repositoryRoot, chartFolder)).map(name => `${chartFolder}/${name}`),
    made.sort(),
  )
  for (const file of made) assert.match(readPage('BENCHMARKS.md'), `](${file})`)
})

test('every section has its home', () => {
  assert.equal(Object.keys(homes).sort(), Object.keys(sections).sort())
  for (const [name, page] of Object.entries(homes))
    assert.ok(sectionsOf(readPage(page)).includes(name), `${name} in ${page}`)
})

test('no row is missing in a table', () => {
  for (const key of settingKeys) {
    assert.match(readPage('docs/configuration.md'), `| \`${key}\` | \`${envName(key)}\``)
  }
  for (const code of Object.keys(errorKinds)) assert.match(readPage('docs/errors.md'), `| \`${code}\` |`)
  for (const name of metricNames) assert.match(readPage('docs/metrics.md'), `| \`${METRIC_PREFIX}${name}\` |`)
})

test('run --help and config --help list every setting with its default', () => {
  for (const name of ['run', 'config']) {
    let help = ''
    const command = documentedProgram().commands.find(known => known.name() === name)!
    command.configureOutput({
      writeOut: text => {
        help += text
      },
    })
    command.outputHelp()
    for (const key of settingKeys) {
      const setting = settingOf(key)
      assert.match(help, `  ${key}  (`)
      assert.match(help, setting.help)
      if ('default' in setting) assert.match(help, `default ${defaultOf(setting)})`)
    }
  }
})

test('every exit code is in --help', () => {
  for (const { code, meaning } of Object.values(exitCodes))
    assert.match(exitCodesHelp(), `${code}  ${meaning}`)
})

test('the example file is accepted and changes nothing', () => {
  const file = join(repositoryRoot, 'logcollector.example.yaml')
  assert.equal(
    describeConfig(loadConfig({ file, env: {} })),
    describeConfig(loadConfig({ file: null, env: {} })),
  )
})

test('a stale table is noticed', () => {
  const text = '<!-- generated: errors -->\n| old |\n<!-- end of errors -->\n'
  assert.is.not(regenerated(text), text)
  assert.throws(() => regenerated('<!-- generated: x -->\n<!-- end of x -->'), 'nothing generates')
})

test.run()
