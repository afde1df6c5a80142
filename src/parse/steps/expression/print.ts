/** An expression as one would write it; the inverse of parser.ts. */
import { type Expression, type Literal, type Operand, reserved } from './parser.ts'

/** With no more brackets than needed: `and` binds before `or`, `not` before both; chains lean to the left. */
export function printExpression(expression: Expression): string {
  switch (expression.type) {
    case 'or':
      return `${printExpression(expression.left)} or ${inner(expression.right, ['or'])}`
    case 'and':
      return `${inner(expression.left, ['or'])} and ${inner(expression.right, ['or', 'and'])}`
    case 'not':
      return `not ${inner(expression.of, ['or', 'and'])}`
    case 'compare':
      return `${printField(expression.field)} ${expression.sign} ${printOperand(expression.with)}`
    case 'in':
      return `${printField(expression.field)} in [${expression.literals.map(printLiteral).join(', ')}]`
    case 'exists':
      return `${printField(expression.field)} exists`
    default:
      return `${printField(expression.field)} ${expression.type} ${printLiteral(expression.text)}`
  }
}

const inner = (expression: Expression, loose: readonly string[]): string =>
  loose.includes(expression.type) ? `(${printExpression(expression)})` : printExpression(expression)

const printField = (name: string): string =>
  /^[\p{L}_@][\p{L}\p{N}_@.-]*$/u.test(name) && !reserved.has(name) ? name : `\`${name}\``

const printOperand = (operand: Operand): string =>
  'field' in operand ? printField(operand.field) : printLiteral(operand.literal)

const printLiteral = (literal: Literal): string =>
  typeof literal === 'string' ? `"${literal.replaceAll('"', '\\"')}"` : String(literal)
