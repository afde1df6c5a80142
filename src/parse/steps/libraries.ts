/**
 * The libraries behind some steps, loaded with the first step that needs them: in every thread they take some ten
 * megabytes, and most pipelines need none.
 */
import { createRequire } from 'node:module'
import type * as mmdb from 'mmdb-lib'
import type * as re2 from 're2js'
import type parseUserAgent from 'ua-parser-js'

const require = createRequire(import.meta.url)

export const loadRe2 = (): typeof re2 => require('re2js') as typeof re2
export const loadMmdb = (): typeof mmdb => require('mmdb-lib') as typeof mmdb
export const loadUserAgentParser = (): typeof parseUserAgent =>
  require('ua-parser-js') as typeof parseUserAgent
