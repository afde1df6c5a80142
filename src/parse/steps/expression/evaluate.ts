/**
 * An expression as a function of a record. A field that is not there differs from everything but null: of the tests
 * only `!=` and `== null` hold for it. Neighbour: parser.ts has the grammar.
 */
import { StepProblem } from '../problem.ts'
import { severityNumber } from '../severity-number.ts'
import type { Fields } from '../step.ts'
import type { Expression, Literal, Operand, Sign } from './parser.ts'

export type Test = (fields: Fields) => boolean
/** Makes the test of a regular expression; of filter.ts, which knows engine and limit. */
export type MakeMatch = (pattern: string) => (text: string) => boolean

type Compare = (text: string) => boolean
type CompareExpression = Extract<Expression, { type: 'compare' }>

/** Throws StepProblem: a level that is none, an order of true, false or null. */
export function compileTest(expression: Expression, option: string, makeMatch: MakeMatch): Test {
  switch (expression.type) {
    case 'or':
    case 'and': {
      const left = compileTest(expression.left, option, makeMatch)
      const right = compileTest(expression.right, option, makeMatch)
      return expression.type === 'or'
        ? fields => left(fields) || right(fields)
        : fields => left(fields) && right(fields)
    }
    case 'not': {
      const inner = compileTest(expression.of, option, makeMatch)
      return fields => !inner(fields)
    }
    case 'compare':
      return comparison(expression, option)
    case 'in': {
      const tests = expression.literals.map(literal =>
        comparison({ type: 'compare', field: expression.field, sign: '==', with: { literal } }, option),
      )
      return fields => tests.some(test => test(fields))
    }
    case 'contains':
      return ofText(expression.field, text => text.includes(expression.text))
    case 'matches':
      return ofText(expression.field, makeMatch(expression.text))
    case 'exists':
      return fields => fields.text(expression.field) !== null
  }
}

const ofText =
  (field: string, test: Compare): Test =>
  fields => {
    const text = fields.text(field)
    return text !== null && test(text)
  }

/** `!=` is what `==` is not, also for a field that is not there. */
function comparison(expression: CompareExpression, option: string): Test {
  const { sign, field } = expression
  if (sign === '!=') {
    const equal = comparison({ ...expression, sign: '==' }, option)
    return fields => !equal(fields)
  }
  const other: Operand = expression.with
  if ('field' in other) return ofFields(field, sign, other.field)
  const { literal } = other
  if (literal === null || typeof literal === 'boolean') {
    if (sign !== '==')
      throw new StepProblem(option, `has ${sign} before ${literal}, which only == and != compare`)
    return literal === null
      ? fields => fields.text(field) === null
      : ofText(field, text => text === String(literal))
  }
  if (field === 'severity') return ofText(field, ofSeverity(sign, literal, option))
  return ofText(
    field,
    typeof literal === 'number' ? ofNumber(sign, literal) : text => holds(sign, text, literal),
  )
}

function ofSeverity(sign: Sign, literal: Literal, option: string): Compare {
  const level = severityNumber(String(literal))
  if (Number.isNaN(level))
    throw new StepProblem(
      option,
      `compares severity with "${literal}"; write a level such as "error", or 1 to 24`,
    )
  return text => holds(sign, severityNumber(text), level)
}

function ofNumber(sign: Sign, literal: number): Compare {
  return text => text.trim() !== '' && holds(sign, Number(text), literal)
}

/** Two fields are compared as numbers if both are some. */
const ofFields =
  (field: string, sign: Sign, otherField: string): Test =>
  fields => {
    const text = fields.text(field)
    const other = fields.text(otherField)
    if (text === null || other === null) return false
    const areNumbers = isNumber(text) && isNumber(other)
    return areNumbers ? holds(sign, Number(text), Number(other)) : holds(sign, text, other)
  }

const isNumber = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text))

/** Texts are ordered by their UTF-16 code units, NaN compares with nothing. */
function holds<T extends string | number>(sign: Sign, a: T, b: T): boolean {
  switch (sign) {
    case '==':
      return a === b
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    case '>=':
      return a >= b
    default:
      return a !== b
  }
}
