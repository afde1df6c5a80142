/**
 * A mutant: the product broken in one known way, and the scenario that must notice. `npm run mutants` breaks a copy of the
 * tree with each (workspace.ts), and what came of it stands in docs/faults.md. The list is catalogue.ts.
 */

/** `from` stands exactly once in the file, else the mutant is out of date. */
export interface Edit {
  /** From the root of the repository. */
  readonly file: string
  readonly from: string
  readonly to: string
}

export interface Mutant {
  /** Words and dashes, unique. */
  readonly name: string
  /** What is broken; names the other fences that are taken down with it, or that are left to notice. */
  readonly breaks: string
  readonly edits: readonly Edit[]
  readonly scenario: string
  /** Title of the one case that is run, or null: all. */
  readonly onlyCase: string | null
  /** What the scenario's failure says: another one, such as a crash at the start, is no proof. */
  readonly caughtBy: RegExp
}

/** The text with the edit made. Throws a sentence that names the mutant where the text to replace is not there just once. */
export function edited(text: string, { file, from, to }: Edit, mutant: string): string {
  const times = text.split(from).length - 1
  if (times === 1) return text.replace(from, () => to)
  throw new Error(
    `mutant ${mutant}: its text is in ${file} ${times} times instead of once; the source has changed, so the mutant in test/faults/mutants/ must, too: ${from}`,
  )
}
