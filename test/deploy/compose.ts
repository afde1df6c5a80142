/** docker-compose.yml as compose would read it: anchors resolved, variables filled in from their defaults. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { repositoryRoot } from '../../stack/paths.ts'

export interface ComposeService {
  readonly image: string
  readonly build?: string
  readonly command?: string | readonly string[]
  readonly environment?: Readonly<Record<string, string | number>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly deploy?: {
    readonly resources: { readonly limits: { readonly cpus: string; readonly memory: string } }
  }
}

export interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly volumes: Readonly<Record<string, null>>
}

export const readText = (file: string): string => readFileSync(join(repositoryRoot, file), 'utf8')
export const readYaml = <T>(text: string): T => parse(text) as T

const variable = /\$\{(\w+):-([^}]*)\}/g

/** Every variable with its default; one may stand in several places. */
export function variablesOf(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>()
  for (const [, name, value] of text.matchAll(variable))
    found.set(name!, (found.get(name!) ?? new Set()).add(value!))
  return found
}

/** The file with its variables filled in after parsing, as compose does: from the environment, or by their defaults. */
export const readCompose = (text: string, env: Readonly<Record<string, string>> = {}): Compose =>
  parse(
    text,
    (_, value: unknown) =>
      typeof value === 'string'
        ? value.replaceAll(variable, (_, name: string, standard: string) => env[name] || standard)
        : value,
    { merge: true },
  ) as Compose

/** NAME=value lines, comments left out. */
export const readEnvFile = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    text
      .split('\n')
      .filter(line => /^\w+=/.test(line))
      .map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
