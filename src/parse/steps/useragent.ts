/** The step `useragent`: browser, system and device from a User-Agent header, by ua-parser-js (the MIT line, 1.x). */
import { type CompiledStep, noCounts } from './compiled.ts'
import { loadUserAgentParser } from './libraries.ts'
import { LruCache } from './lru.ts'
import type { OptionsOf } from './schema.ts'
import type { Fields, Outcome } from './step.ts'

/** Headers that are remembered, and of what length; a longer one is read up to there. */
const CACHED = 4096
const MAX_CHARS = 500

type Parsed = ReturnType<ReturnType<typeof loadUserAgentParser>>
/** Names and what stands there; what is not known is left out. */
type Findings = readonly (readonly [string, string])[]

class UserAgentStep implements CompiledStep {
  readonly kind = 'useragent'
  readonly counts = noCounts
  readonly patterns = []
  private readonly known = new LruCache<Findings>(CACHED)
  private readonly field: string
  private readonly read: (header: string) => Findings

  constructor({ field, target }: OptionsOf<'useragent'>) {
    this.field = field
    const parse = loadUserAgentParser()
    this.read = header => findingsOf(parse(header), target)
  }

  run(fields: Fields): Outcome {
    const header = fields.text(this.field)
    if (header === null || header === '') return 'keep'
    for (const [name, text] of this.known.get(header.slice(0, MAX_CHARS), this.read)) fields.set(name, text)
    return 'keep'
  }
}

function findingsOf({ browser, os, device }: Parsed, target: string): Findings {
  const all: readonly (readonly [string, string | undefined])[] = [
    ['name', browser.name],
    ['version', browser.version],
    ['os.name', os.name],
    ['os.version', os.version],
    ['device.type', device.type],
    ['device.vendor', device.vendor],
    ['device.model', device.model],
  ]
  return all.flatMap(([name, text]) => (text ? [[`${target}.${name}`, text] as const] : []))
}

export const compileUserAgent = (options: OptionsOf<'useragent'>): CompiledStep => new UserAgentStep(options)
