/**
 * One account of the arena: a run of 64 KiB pages from which regions are cut, on the main thread only.
 * Free runs are kept sorted by address and merged on return, so that what is free is always as large as it can be.
 */
import { PAGE_BYTES, pagesOf, Region } from './region.ts'

interface Run {
  page: number
  pages: number
}

export class Account {
  readonly name: string
  readonly bytes: number
  private readonly fromHighEnd: boolean
  private readonly free: Run[]
  private freePages: number
  private reservedFor: object | null = null
  private generation = 0
  /** Called after pages came back: whoever was refused tries again. */
  onReturn: () => void = () => undefined

  /** @param fromHighEnd cut regions from the high addresses, else from the low ones */
  constructor(name: string, firstPage: number, pages: number, fromHighEnd: boolean) {
    this.name = name
    this.bytes = pages * PAGE_BYTES
    this.fromHighEnd = fromHighEnd
    this.free = [{ page: firstPage, pages }]
    this.freePages = pages
  }

  get usedBytes(): number {
    return this.bytes - this.freePages * PAGE_BYTES
  }

  get largestFreeBytes(): number {
    let pages = 0
    for (const run of this.free) pages = Math.max(pages, run.pages)
    return pages * PAGE_BYTES
  }

  /** Free regions, lowest address first, for /debug and the tests. */
  freeRuns(): readonly { address: number; bytes: number }[] {
    return this.free.map(run => ({ address: run.page * PAGE_BYTES, bytes: run.pages * PAGE_BYTES }))
  }

  /**
   * Until `release` is called, only `holder` is granted anything: it waits for a run so large that the
   * others' small regions would never let it come together.
   */
  reserve(holder: object): boolean {
    if (this.reservedFor !== null && this.reservedFor !== holder) return false
    this.reservedFor = holder
    return true
  }

  release(holder: object): void {
    if (this.reservedFor !== holder) return
    this.reservedFor = null
    this.onReturn()
  }

  /** A region of at least `bytes` (rounded up to pages), or null when there is no such run now. */
  allocate(bytes: number, holder: object | null = null): Region | null {
    return this.allocateUpTo(bytes, bytes, holder)
  }

  /** A region of `wanted` bytes, or as much as there is in one run, but at least `least`; or null. */
  allocateUpTo(wanted: number, least: number, holder: object | null = null): Region | null {
    if (this.reservedFor !== null && this.reservedFor !== holder) return null
    const run = this.findRun(pagesOf(wanted))
    if (run === null || run.pages < pagesOf(least)) return null
    return this.cut(run, Math.min(run.pages, pagesOf(wanted)))
  }

  /** The first run that is large enough from our end, else the largest there is. */
  private findRun(pages: number): Run | null {
    let largest: Run | null = null
    for (let i = 0; i < this.free.length; i++) {
      const run = this.free[this.fromHighEnd ? this.free.length - 1 - i : i]!
      if (run.pages >= pages) return run
      if (largest === null || run.pages > largest.pages) largest = run
    }
    return largest
  }

  private cut(run: Run, pages: number): Region {
    const page = this.fromHighEnd ? run.page + run.pages - pages : run.page
    if (!this.fromHighEnd) run.page += pages
    run.pages -= pages
    if (run.pages === 0) this.free.splice(this.free.indexOf(run), 1)
    this.freePages -= pages
    this.generation += 1
    return new Region(page * PAGE_BYTES, pages * PAGE_BYTES, this.generation, (address, bytes) =>
      this.giveBack(address / PAGE_BYTES, bytes / PAGE_BYTES),
    )
  }

  private giveBack(page: number, pages: number): void {
    let at = 0
    while (at < this.free.length && this.free[at]!.page < page) at += 1
    const before = this.free[at - 1]
    const after = this.free[at]
    if ((before && before.page + before.pages > page) || (after && page + pages > after.page)) {
      throw new Error(`arena account ${this.name}: pages ${page}..${page + pages} were given back twice`)
    }
    this.free.splice(at, 0, { page, pages })
    this.mergeAt(at)
    this.mergeAt(at - 1)
    this.freePages += pages
    this.onReturn()
  }

  private mergeAt(at: number): void {
    const run = this.free[at]
    const next = this.free[at + 1]
    if (!run || !next || run.page + run.pages !== next.page) return
    run.pages += next.pages
    this.free.splice(at + 1, 1)
  }
}
