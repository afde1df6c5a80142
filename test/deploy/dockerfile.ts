/**
 * A Dockerfile read into stages, and its steps run in plain folders where no container engine is: COPY copies, RUN
 * runs in the folder of WORKDIR. It knows what our Dockerfile uses and throws on anything else.
 */
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { runCommand } from '../../stack/command.ts'

export interface Instruction {
  readonly name: string
  /** What follows the name, on one line. */
  readonly text: string
}

export interface Stage {
  /** Of AS; the number of the stage where it has none. */
  readonly name: string
  /** Of FROM, with the build arguments filled in. */
  readonly image: string
  readonly instructions: readonly Instruction[]
}

const variable = /\$\{(\w+)\}/g

/** The stages in order. */
export function readStages(text: string): readonly Stage[] {
  const lines = text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter(line => line.trim() !== '')
  const defaults = new Map<string, string>()
  const stages: { name: string; image: string; instructions: Instruction[] }[] = []
  for (const line of lines) {
    const [, name = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? []
    const filled = rest
      .replaceAll(variable, (_, key: string) => defaults.get(key) ?? '')
      .replaceAll(/ {2,}/g, ' ')
    const [key = '', value = ''] = filled.split('=')
    if (name === 'ARG') defaults.set(key, value)
    const [, image = '', as] = /^(\S+)(?: AS (\S+))?$/.exec(filled) ?? []
    if (name === 'FROM') stages.push({ name: as ?? String(stages.length), image, instructions: [] })
    else stages.at(-1)?.instructions.push({ name, text: filled })
  }
  return stages
}

/** The text of the only instruction of that name; throws when there is none or another. */
export function only({ instructions }: Stage, name: string): string {
  const found = instructions.filter(each => each.name === name)
  if (found.length !== 1) throw new Error(`${found.length} times ${name}`)
  return found[0]!.text
}

/** The arguments of an instruction in its JSON form. */
export const execForm = (text: string): readonly string[] =>
  JSON.parse(text.slice(text.indexOf('['))) as string[]

/** NAME=value pairs of ENV or LABEL. */
export const pairsOf = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...text.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S+))/g)].map(([, key, quoted, bare]) => [key, quoted ?? bare]),
  )

/** What .dockerignore lets through, for its form "nothing but": a star, then names with "!". */
export function contextOf(root: string): ReadonlySet<string> {
  const rules = readFileSync(join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
  if (rules[0] !== '*' || !rules.slice(1).every(rule => /^![\w.-]+$/.test(rule)))
    throw new Error('.dockerignore is to hold "*" and then lines such as "!src"')
  return new Set(rules.slice(1).map(rule => rule.slice(1)))
}

/** Runs all stages; resolves with the root folder of each. */
export async function buildStages(
  stages: readonly Stage[],
  { context, target }: { readonly context: string; readonly target: string },
): Promise<ReadonlyMap<string, string>> {
  const allowed = contextOf(context)
  const roots = new Map<string, string>()
  for (const stage of stages) {
    const root = join(target, stage.name)
    roots.set(stage.name, root)
    let folder = root
    for (const { name, text } of stage.instructions)
      if (name === 'WORKDIR') {
        folder = join(root, text)
        mkdirSync(folder, { recursive: true })
      } else if (name === 'COPY') copy(text, folder, { context, allowed, roots })
      else if (name === 'RUN') await runCommand('bash', ['-ec', text], { cwd: folder })
  }
  return roots
}

interface CopyFrom {
  readonly context: string
  readonly allowed: ReadonlySet<string>
  readonly roots: ReadonlyMap<string, string>
}

/** Files into a folder, or one folder to a name, as COPY has it. */
function copy(text: string, folder: string, { context, allowed, roots }: CopyFrom): void {
  const words = text.split(' ')
  const stage = /^--from=(.*)$/.exec(words[0]!)?.[1]
  const paths = stage === undefined ? words : words.slice(1)
  const target = paths.at(-1)!
  for (const path of paths.slice(0, -1)) {
    if (stage === undefined && !allowed.has(path)) throw new Error(`.dockerignore hides ${path}`)
    const source = join(stage === undefined ? context : roots.get(stage)!, path)
    if (!existsSync(source)) throw new Error(`COPY finds no ${path}`)
    cpSync(source, join(folder, target.endsWith('/') ? join(target, basename(path)) : target), {
      recursive: true,
      preserveTimestamps: true,
      verbatimSymlinks: true,
    })
  }
}
