/** The end of docs/faults.md: the mutation check, from test/faults/mutants.json, which `npm run mutants -- --record` writes. */
import { readMutants } from '../faults/mutants/recorded.ts'
import { columns, summary } from '../faults/mutants/table.ts'

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`

const INTRODUCTION = `## Would they notice?

A scenario that cannot fail proves nothing. So a copy of the sources is broken in known ways, one at a time, and the scenario that should notice is run on it, after it has passed without the mutant. What it says must be about what was broken: a mutant that does not compile, or fails for another reason, counts as invalid, not as caught. Where two fences guard one thing, one mutant takes down the first and shows that the second stops it, and another takes down both. Mutants and their texts: \`test/faults/mutants/catalogue.ts\`.

\`\`\`sh
npm run mutants                        # all of them
npm run mutants -- --list              # what there is
npm run mutants -- checksum-ignored    # one of them; --seed as above
npm run mutants -- --record            # into test/faults/mutants.json, of which this table is made (npm run docs)
\`\`\``

export function mutantsSection(): string {
  const { at, node, results } = readMutants()
  return [
    INTRODUCTION,
    [
      line(columns.map(({ head }) => head)),
      `|${columns.map(({ isNumber }) => (isNumber ? '--:|' : '---|')).join('')}`,
      ...results.map(result => line(columns.map(({ of }) => of(result)))),
    ].join('\n'),
    `${summary(results)}. Last recorded ${at.slice(0, 10)}, Node ${node}.`,
  ].join('\n\n')
}
