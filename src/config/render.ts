/**
 * The table of settings as text: for --help, for docs/configuration.md and as logcollector.example.yaml. A test
 * compares the two files with what is rendered here.
 */
import { acceptedColumns } from './columns.ts'
import { envFileName } from './environment.ts'
import { acceptedPipelines } from './pipelines.ts'
import { envName, type Setting, type SettingKey, settingKeys, settingOf } from './settings/index.ts'

const typeNames = {
  int: 'number',
  bytes: 'size',
  start: 'position',
  bool: 'true or false',
  columns: 'map',
  pipelines: 'list',
} as const

/** What a setting accepts, in a few words. */
export function acceptedBy(setting: Setting): string {
  if (setting.type === 'enum') return setting.values.join(', ')
  if ('min' in setting) return `${setting.min} to ${setting.max}`
  if (setting.type === 'list') return `list of ${setting.shape.accepts}`
  if (setting.type === 'url')
    return `${setting.schemes.join(' or ')} URL${setting.optional ? ', or nothing' : ''}`
  if (setting.type === 'columns') return acceptedColumns
  if (setting.type === 'pipelines') return acceptedPipelines
  if (setting.type === 'start') return 'earliest, latest or an ISO time'
  return setting.type === 'string' && setting.shape ? setting.shape.accepts : 'true, false'
}

/** The default as --help shows it. */
export const defaultOf = (setting: Setting): string =>
  'default' in setting ? setting.default || 'empty' : `(${setting.derived})`

const typeOf = (setting: Setting): string => {
  const names: Readonly<Record<string, string>> = typeNames
  return `${names[setting.type] ?? setting.type}${setting.secret ? ', secret' : ''}`
}

/** For --help: two lines a setting. */
export function settingsHelp(): string {
  const lines = settingKeys.flatMap(key => {
    const setting = settingOf(key)
    return [`  ${key}  (${typeOf(setting)}; default ${defaultOf(setting)})`, `      ${setting.help}`]
  })
  return [
    'Settings, from logcollector.yaml or as LOGCOLLECTOR_KAFKA_TOPICS for kafka.topics, which wins:',
    ...lines,
  ].join('\n')
}

const cell = (text: string): string => text.replaceAll('|', '\\|')
const code = (text: string): string => `\`${text}\``

/** For docs/configuration.md: a Markdown table. */
export function settingsTable(): string {
  const rows = settingKeys.map(key => {
    const setting = settingOf(key)
    const variables = setting.secret ? [envName(key), envFileName(key)] : [envName(key)]
    const standard =
      'default' in setting ? (setting.default ? code(setting.default) : 'empty') : setting.derived
    const cells = [code(key), variables.map(code).join(' or '), typeOf(setting), standard]
    return `| ${[...cells, acceptedBy(setting), setting.help].map(cell).join(' | ')} |`
  })
  return [
    '| Setting | Variable | Type | Default | Accepts | Meaning |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

/** For logcollector.example.yaml: every setting with its default, commented out where it is derived. */
export function exampleYaml(): string {
  const lines = ['# Every setting of LogCollector with its default; generated from the table of settings.']
  let open: readonly string[] = []
  for (const key of settingKeys) {
    const path = key.split('.')
    const groups = path.slice(0, -1)
    const shared = groups.findIndex((name, depth) => open[depth] !== name)
    const from = shared === -1 ? groups.length : shared
    for (let depth = from; depth < groups.length; depth++) {
      if (depth === 0) lines.push('')
      lines.push(`${indent(depth)}${groups[depth]}:`)
    }
    if (groups.length === 0) lines.push('')
    open = groups
    lines.push(...exampleOf(key, groups.length))
  }
  return `${lines.join('\n')}\n`
}

const indent = (depth: number): string => '  '.repeat(depth)

function exampleOf(key: SettingKey, depth: number): readonly string[] {
  const setting = settingOf(key)
  const name = key.split('.').at(-1)!
  const help = `${indent(depth)}# ${setting.help} Accepts ${acceptedBy(setting)}.`
  if ('derived' in setting) return [help, `${indent(depth)}# ${name}:  # ${setting.derived}`]
  return [help, `${indent(depth)}${name}: ${exampleValue(setting)}`]
}

function exampleValue(setting: Setting & { default: string }): string {
  if (setting.type !== 'list') return setting.default || '""'
  return `[${setting.default
    .split(',')
    .map(item => (/^[\w.]+$/.test(item) ? item : JSON.stringify(item)))
    .join(', ')}]`
}
