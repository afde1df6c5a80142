/**
 * The arena: one shared memory of fixed size for all bytes between fetch and COMMIT (DESIGN: "The arena").
 * Map, from address 0: the kernel's static data | a scratch slot per worker | input account | output account | jumbo.
 */
import { Account } from './account.ts'
import { PAGE_BYTES, pagesOf } from './region.ts'

export interface ArenaOptions {
  /** Size of the whole memory. */
  readonly bytes: number
  /** Static data of the kernel. */
  readonly staticBytes: number
  readonly slots: number
  readonly slotBytes: number
  /** The one region kept for rows that exceed an ordinary region. */
  readonly jumboBytes: number
}

/** Input's share of what is left after static data, slots and jumbo: the rest is output. */
const INPUT_SHARE = 0.35

export class Arena {
  readonly memory: WebAssembly.Memory
  readonly view: DataView
  readonly bytes: Uint8Array
  /** Addresses of the workers' scratch slots. */
  readonly slots: readonly number[]
  readonly input: Account
  readonly output: Account
  readonly jumbo: Account

  constructor(options: ArenaOptions) {
    const pages = Math.floor(options.bytes / PAGE_BYTES)
    const staticPages = pagesOf(options.staticBytes)
    const slotPages = pagesOf(options.slotBytes)
    const jumboPages = pagesOf(options.jumboBytes)
    const first = staticPages + options.slots * slotPages
    const shared = pages - first - jumboPages
    const inputPages = Math.floor(shared * INPUT_SHARE)
    if (inputPages < 1) throw new Error(`an arena of ${options.bytes} bytes has no room for input`)
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
    this.view = new DataView(this.memory.buffer)
    this.bytes = new Uint8Array(this.memory.buffer)
    this.slots = Array.from(
      { length: options.slots },
      (_, slot) => (staticPages + slot * slotPages) * PAGE_BYTES,
    )
    this.input = new Account('input', first, inputPages, false)
    this.output = new Account('output', first + inputPages, shared - inputPages, true)
    this.jumbo = new Account('jumbo', pages - jumboPages, jumboPages, false)
  }

  /** A Buffer over the memory itself: no copy, valid while its region is held. */
  buffer(address: number, bytes: number): Buffer {
    return Buffer.from(this.memory.buffer, address, bytes)
  }
}
