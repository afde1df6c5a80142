/**
 * Secrets by their form: bearer and basic credentials, JSON web tokens, keys of well-known services, and what stands
 * behind a word such as `password=`.
 */
import { byPattern, type Finder } from './find.ts'

/** Shorter than this a value behind `token:` is rather a word of a sentence. */
const words =
  'api[_-]?key|apikey|access[_-]?key|access[_-]?token|auth[_-]?token|refresh[_-]?token|id[_-]?token|client[_-]?secret|secret[_-]?key|private[_-]?key|x-api-key|session[_-]?id|passwd|password|pwd|secret|token'

const forms = [
  '(?:AKIA|ASIA)[0-9A-Z]{16}',
  'gh[pousr]_[A-Za-z0-9]{20,255}',
  'github_pat_[A-Za-z0-9_]{20,255}',
  'glpat-[A-Za-z0-9_-]{20,255}',
  'xox[abeoprs]-[A-Za-z0-9-]{10,255}',
  'AIza[0-9A-Za-z_-]{35}',
  '[sr]k_(?:live|test)_[0-9A-Za-z]{16,255}',
  'sk-[A-Za-z0-9_-]{20,255}',
  'npm_[A-Za-z0-9]{36}',
  'eyJ[A-Za-z0-9_-]{5,}\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]*',
]

const credentials = byPattern(/\b(?:bearer|basic) {1,4}([A-Za-z0-9._~+/-]{8,}=*)/gi)
const named = byPattern(
  new RegExp(
    `(?:${words})["']?(?: ?[=:] ?|%3D)["']?(?!(?:bearer|basic) )([^\\s"'&,;<>(){}\\[\\]]{4,})`,
    'gi',
  ),
)
const shaped = byPattern(new RegExp(`(?<![A-Za-z0-9_-])(?:${forms.join('|')})`, 'g'))

/** Applied one after the other: a later one sees what the earlier ones left. */
export const tokenFinders: readonly Finder[] = [credentials, shaped, named]
