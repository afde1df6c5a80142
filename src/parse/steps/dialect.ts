/**
 * Regular expressions as people write them for Logstash (Oniguruma) and for JavaScript, as one dialect: named groups
 * may hold dots and a type, `(?<bytes:int>\d+)`, and are told by their number, because that matches faster.
 */
import { StepProblem } from './problem.ts'

export const captureTypes = ['text', 'int', 'float', 'datetime'] as const
export type CaptureType = (typeof captureTypes)[number]

/** A named group. */
export interface Capture {
  readonly name: string
  readonly type: CaptureType
  /** In the result of a match, from 1. */
  readonly index: number
}

export interface Translated {
  readonly source: string
  readonly ignoreCase: boolean
  readonly captures: readonly Capture[]
}

const posixClasses: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  blank: ' \\t',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\s',
  upper: 'A-Z',
  word: '\\w',
  xdigit: '0-9A-Fa-f',
}
const escapes: Readonly<Record<string, string>> = {
  A: '^',
  Z: '(?=\\n?$)',
  z: '$',
  h: '[0-9A-Fa-f]',
  H: '[^0-9A-Fa-f]',
}
const groupName = /\(\?P?<([A-Za-z_@[][\w.@\-[\]]*)(?::(\w+))?>/y
const reference = /\\k<([^>]+)>/y

/** `[http][status]` and `@timestamp` are Logstash's ways to write `http.status` and `ts`. */
const fieldName = (name: string): string => {
  const plain = name.startsWith('[') ? name.slice(1, -1).replaceAll('][', '.') : name
  return plain === '@timestamp' ? 'ts' : plain
}

/** Reads from left to right; `at` is the position, `source` what JavaScript is to compile. */
class Translation {
  readonly captures: Capture[] = []
  private readonly text: string
  private readonly option: string
  private at = 0
  private groups = 0
  private source = ''

  constructor(text: string, option: string) {
    this.text = text
    this.option = option
  }

  run(): Translated {
    const ignoreCase = this.text.startsWith('(?i)')
    if (ignoreCase) this.at = 4
    while (this.at < this.text.length) this.step()
    return { source: this.source, ignoreCase, captures: this.captures }
  }

  private step(): void {
    const char = this.text[this.at]!
    if (char === '\\') this.escape()
    else if (char === '[') this.characterClass()
    else if (char === '(') this.group()
    else this.copy(1)
  }

  private copy(length: number): void {
    this.source += this.text.slice(this.at, this.at + length)
    this.at += length
  }

  private escape(): void {
    reference.lastIndex = this.at
    const named = reference.exec(this.text)
    if (named) {
      const target = this.captures.find(({ name }) => name === fieldName(named[1]!))
      if (!target) throw this.problem(`${named[0]} refers to no group before it`)
      this.source += `(?:\\${target.index})`
      this.at += named[0].length
      return
    }
    const other = escapes[this.text[this.at + 1] ?? '']
    if (other === undefined) {
      this.copy(2)
      return
    }
    this.source += other
    this.at += 2
  }

  private characterClass(): void {
    this.copy(this.text[this.at + 1] === '^' ? 2 : 1)
    if (this.text[this.at] === ']') {
      this.source += '\\]'
      this.at += 1
    }
    while (this.at < this.text.length && this.text[this.at] !== ']') {
      const posix = /^\[:(\w+):\]/.exec(this.text.slice(this.at, this.at + 12))
      const known = posix && posixClasses[posix[1]!]
      if (posix && known) {
        this.source += known
        this.at += posix[0].length
      } else if (this.text[this.at] === '\\' && this.text[this.at + 1] === 'h') {
        this.source += posixClasses.xdigit
        this.at += 2
      } else this.copy(this.text[this.at] === '\\' ? 2 : 1)
    }
    this.copy(1)
  }

  private group(): void {
    if (this.text.startsWith('(?>', this.at))
      throw this.problem(`has the atomic group "(?>" at character ${this.at + 1}; write "(?:"`)
    groupName.lastIndex = this.at
    const named = groupName.exec(this.text)
    if (named) {
      this.groups += 1
      this.captures.push({
        name: fieldName(named[1]!),
        type: this.typeOf(named[2] ?? 'text'),
        index: this.groups,
      })
      this.source += '('
      this.at += named[0].length
      return
    }
    const isCapturing = this.text[this.at + 1] !== '?'
    if (isCapturing) this.groups += 1
    this.copy(isCapturing ? 1 : 3)
  }

  private typeOf(name: string): CaptureType {
    const type = captureTypes.find(known => known === name)
    if (!type) throw this.problem(`"${name}" is no type of a field; write ${captureTypes.join(', ')}`)
    return type
  }

  private problem(text: string): StepProblem {
    return new StepProblem(this.option, text)
  }
}

/** To JavaScript's syntax. Throws StepProblem for what it cannot say. */
export const translate = (pattern: string, option: string): Translated =>
  new Translation(pattern, option).run()
