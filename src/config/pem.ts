/**
 * Reads the PEM files that settings name, and looks at them so closely that what TLS would refuse later without a
 * name is said here with one. Neighbours: kafka-security.ts (the rules), source/kafka/client.ts (uses the contents).
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { messageOf } from '../errors.ts'
import { configInvalid } from './problems.ts'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g
const PRIVATE_KEY = /-----BEGIN (ENCRYPTED |RSA |EC )?PRIVATE KEY-----/
const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/

/** The contents of the file of a setting. Throws CONFIG_INVALID that names both when it cannot be read. */
export function readPem(setting: string, file: string): string {
  const contents = contentsOf(file)
  if ('text' in contents) return contents.text
  throw configInvalid([{ key: setting, problem: contents.problem, origin: { source: 'default' } }])
}

function contentsOf(file: string): { readonly text: string } | { readonly problem: string } {
  try {
    return { text: readFileSync(file, 'utf8') }
  } catch (error) {
    const remedy = 'see that the file is there and that this user may read it'
    return { problem: `cannot be read: ${messageOf(error)}; ${remedy}` }
  }
}

/** What is wrong with a file of certificates and what to do, or null. */
export function certificateProblem(file: string): string | null {
  const contents = contentsOf(file)
  if ('problem' in contents) return contents.problem
  const blocks = contents.text.match(CERTIFICATE)
  if (blocks === null) {
    const convert = `openssl x509 -inform der -in ${file} -out ${file}.pem`
    return `${file} holds no PEM certificate ("-----BEGIN CERTIFICATE-----"); convert it, for example by "${convert}"`
  }
  const broken = blocks.findIndex(block => !isCertificate(block))
  if (broken < 0) return null
  return `certificate ${broken + 1} of ${blocks.length} in ${file} is damaged; copy the file again from its source`
}

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).subject !== undefined
  } catch {
    // It throws for one reason: the text is none.
    return false
  }
}

/** What is wrong with the file of a private key and what to do, or null. `certFile` holds PEM certificates. */
export function keyProblem(file: string, password: string, certFile: string): string | null {
  const contents = contentsOf(file)
  if ('problem' in contents) return contents.problem
  if (!PRIVATE_KEY.test(contents.text)) {
    const convert = `openssl pkey -inform der -in ${file} -out ${file}.pem`
    return `${file} holds no PEM private key ("-----BEGIN PRIVATE KEY-----"); convert it, for example by "${convert}"`
  }
  const isEncrypted = ENCRYPTED.test(contents.text)
  if (isEncrypted && password === '') return `${file} is encrypted; set kafka.tls.key_password`
  try {
    const key = createPrivateKey({ key: contents.text, passphrase: password })
    const [first] = readPem('kafka.tls.cert_file', certFile).match(CERTIFICATE)!
    if (new X509Certificate(first).checkPrivateKey(key)) return null
    return `${file} is not the key of the first certificate in ${certFile}; name the two files that belong together`
  } catch {
    // OpenSSL's reasons say nothing to people, and may differ by version.
    return isEncrypted
      ? `${file} cannot be opened by kafka.tls.key_password; correct the password`
      : `the private key in ${file} is damaged; copy the file again from its source`
  }
}
