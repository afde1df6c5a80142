/**
 * The mode of an actor: a name, and a table of the changes that are legal. Actors change it here and nowhere else,
 * so an impossible change is an error at once and not a riddle later.
 */
export type Transitions<Mode extends string> = Readonly<Record<Mode, readonly Mode[]>>

export class Modes<Mode extends string> {
  private current: Mode
  private readonly owner: string
  private readonly legal: Transitions<Mode>

  constructor(owner: string, legal: Transitions<Mode>, initial: Mode) {
    this.owner = owner
    this.legal = legal
    this.current = initial
  }

  get now(): Mode {
    return this.current
  }

  is(...modes: readonly Mode[]): boolean {
    return modes.includes(this.current)
  }

  /** @throws Error when the table does not allow the change; changing to the same mode is no change */
  set(next: Mode): void {
    if (next === this.current) return
    if (!this.legal[this.current].includes(next)) {
      throw new Error(`${this.owner} cannot go from ${this.current} to ${next}`)
    }
    this.current = next
  }
}
