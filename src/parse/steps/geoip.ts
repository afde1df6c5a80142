/**
 * The step `geoip`: what a database of the MaxMind format knows of an address, by mmdb-lib. The file was read by the
 * main thread (src/config/steps/databases.ts); all threads share its bytes.
 */
import type { Reader, Response } from 'mmdb-lib'
import { type CompiledStep, noCounts, type StepContext } from './compiled.ts'
import { loadMmdb } from './libraries.ts'
import { LruCache } from './lru.ts'
import { StepProblem } from './problem.ts'
import type { OptionsOf } from './schema.ts'
import type { Fields, FieldValue, Outcome } from './step.ts'

/** Addresses that are remembered. */
const CACHED = 8192

/** Where things stand in GeoLite2 and GeoIP2 City, Country and ASN, and how we call them. */
const places: readonly (readonly [name: string, path: readonly string[]])[] = [
  ['continent', ['continent', 'code']],
  ['country', ['country', 'iso_code']],
  ['country_name', ['country', 'names', 'en']],
  ['region', ['subdivisions', '0', 'names', 'en']],
  ['city', ['city', 'names', 'en']],
  ['postal_code', ['postal', 'code']],
  ['latitude', ['location', 'latitude']],
  ['longitude', ['location', 'longitude']],
  ['time_zone', ['location', 'time_zone']],
  ['asn', ['autonomous_system_number']],
  ['organization', ['autonomous_system_organization']],
]

type Findings = readonly (readonly [string, FieldValue])[]

class GeoIpStep implements CompiledStep {
  readonly kind = 'geoip'
  readonly counts = noCounts
  readonly patterns = []
  private readonly known = new LruCache<Findings>(CACHED)
  private readonly field: string
  private readonly look: (address: string) => Findings

  constructor(reader: Reader<Response>, { field, target }: OptionsOf<'geoip'>) {
    this.field = field
    this.look = address => findingsOf(reader, address, target)
  }

  run(fields: Fields): Outcome {
    const address = fields.text(this.field)
    // Longer than any IPv6 address is no address, and would only fill the cache.
    if (address === null || address.length > 45 || !/^[\da-fA-F:.]+$/.test(address)) return 'keep'
    for (const [name, value] of this.known.get(address, this.look)) fields.set(name, value)
    return 'keep'
  }
}

function findingsOf(reader: Reader<Response>, address: string, target: string): Findings {
  const entry = lookUp(reader, address)
  return places.flatMap(([name, path]) => {
    const value = path.reduce<unknown>(
      (node, key) => (node as Record<string, unknown> | undefined)?.[key],
      entry,
    )
    const isValue = typeof value === 'string' || typeof value === 'number'
    return isValue ? [[`${target}.${name}`, value] as const] : []
  })
}

/** mmdb-lib throws for what looks like an address and is none; such a text has no place. */
function lookUp(reader: Reader<Response>, address: string): Response | undefined {
  try {
    return reader.get(address) ?? undefined
  } catch (error) {
    if (error instanceof Error) return undefined
    throw error
  }
}

/** Throws StepProblem where the bytes are no such database, or were not handed over. */
export function compileGeoIp(options: OptionsOf<'geoip'>, { databases }: StepContext): CompiledStep {
  const bytes = databases.get(options.database)
  if (!bytes) throw new StepProblem('database', `${options.database} was not read; write the path of a file`)
  return new GeoIpStep(openDatabase(bytes, options.database), options)
}

function openDatabase(bytes: SharedArrayBuffer, path: string): Reader<Response> {
  const { Reader } = loadMmdb()
  try {
    return new Reader<Response>(Buffer.from(bytes))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new StepProblem('database', `${path} is no database of the MaxMind format (.mmdb): ${reason}`)
  }
}
