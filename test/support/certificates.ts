/**
 * Certificates for tests, made by openssl in a folder that goes with the process: an authority, and what it signs.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../../stack/command.ts'
import { createDataFolder } from '../../stack/paths.ts'

/** Paths of PEM files. */
export interface Certificate {
  readonly cert: string
  readonly key: string
  /** Both in one file, as Kafka's PEM key stores want them. */
  readonly both: string
}

export interface Authority {
  readonly cert: string
  /** A certificate for this common name, valid for these host names. */
  sign(name: string, hosts?: readonly string[]): Promise<Certificate>
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
const DAYS = ['-days', '2']

/** Makes an authority of its own. */
export async function createAuthority(name: string): Promise<Authority> {
  const folder = createDataFolder('certificates')
  const path = (file: string): string => join(folder, file)
  const request = ['req', ...KEY, '-subj', `/CN=${name}`]
  const cert = path('ca.pem')
  await runCommand('openssl', [...request, '-x509', ...DAYS, '-keyout', path('ca.key'), '-out', cert])
  let serial = 0
  return {
    cert,
    async sign(subject, hosts = []) {
      serial += 1
      const files = {
        cert: path(`${serial}.pem`),
        key: path(`${serial}.key`),
        both: path(`${serial}.both.pem`),
      }
      const [csr, extensions] = [path(`${serial}.csr`), path(`${serial}.ext`)]
      const names = hosts.map(host => `DNS:${host}`).join(',')
      writeFileSync(extensions, names === '' ? '' : `subjectAltName=${names}\n`)
      await runCommand('openssl', [
        'req',
        ...KEY,
        '-subj',
        `/CN=${subject}`,
        '-keyout',
        files.key,
        '-out',
        csr,
      ])
      const by = ['-CA', cert, '-CAkey', path('ca.key'), '-set_serial', String(serial), ...DAYS]
      await runCommand('openssl', [
        'x509',
        '-req',
        '-in',
        csr,
        ...by,
        '-extfile',
        extensions,
        '-out',
        files.cert,
      ])
      writeFileSync(files.both, readFileSync(files.key, 'utf8') + readFileSync(files.cert, 'utf8'))
      return files
    },
  }
}
