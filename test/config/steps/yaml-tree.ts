/** The tree below `steps:` of a YAML text, for tests that read steps alone. */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import type { Origin } from '../../../src/config/problems.ts'
import type { RawTree, Scalar } from '../../../src/config/raw-tree.ts'

export function stepsTree(yaml: string): RawTree {
  const lines = new LineCounter()
  const document = parseDocument(yaml, { lineCounter: lines })
  const originOf = (node: unknown): Origin => {
    const { line, col } = lines.linePos((node as Node).range![0])
    return { source: 'file', file: 'x.yaml', line, column: col }
  }
  const treeOf = (node: unknown, above: Origin): RawTree => {
    if (node === null) return { kind: 'scalar', origin: above, value: null }
    const origin = originOf(node)
    if (isSeq(node)) return { kind: 'list', origin, items: node.items.map(item => treeOf(item, origin)) }
    if (!isMap(node)) return { kind: 'scalar', origin, value: isScalar(node) ? (node.value as Scalar) : null }
    const entries = node.items.map(({ key, value }) => ({
      name: String(isScalar(key) ? key.value : key),
      origin: originOf(key),
      value: treeOf(value, originOf(key)),
    }))
    return { kind: 'map', origin, entries }
  }
  return treeOf(document.get('steps', true), { source: 'default' })
}
