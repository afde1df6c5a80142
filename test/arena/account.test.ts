import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { Account } from '../../src/arena/account.ts'
import { PAGE_BYTES, type Region } from '../../src/arena/region.ts'
import { suite } from '../support/suite.ts'

const test = suite('arena account', { timeoutMs: 20_000 })

for (const fromHighEnd of [false, true]) {
  test(`random grants, trims and returns never overlap and all come back (${fromHighEnd ? 'high' : 'low'} end)`, () => {
    const step = fc.record({
      kind: fc.constantFrom('grant', 'trim', 'return', 'share'),
      size: fc.nat(40),
      which: fc.nat(1000),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), steps => {
        const account = new Account('test', 7, 64, fromHighEnd)
        const held: { region: Region; holders: number }[] = []
        for (const { kind, size, which } of steps) {
          const one = held[which % Math.max(1, held.length)]
          if (kind === 'grant') {
            const region = account.allocate(size * PAGE_BYTES)
            if (region) held.push({ region, holders: 1 })
            else assert.ok(account.largestFreeBytes < Math.max(1, size) * PAGE_BYTES)
          } else if (one && kind === 'trim') one.region.trim(size * PAGE_BYTES)
          else if (one && kind === 'share') {
            one.region.retain()
            one.holders += 1
          } else if (one) {
            one.region.release()
            one.holders -= 1
            if (one.holders === 0) held.splice(held.indexOf(one), 1)
          }
          checkDisjoint(
            account,
            held.map(({ region }) => region),
          )
        }
        for (const { region, holders } of held) for (let i = 0; i < holders; i++) region.release()
        assert.equal(account.usedBytes, 0)
        assert.equal(account.freeRuns(), [{ address: 7 * PAGE_BYTES, bytes: 64 * PAGE_BYTES }])
      }),
    )
  })
}

function checkDisjoint(account: Account, regions: readonly Region[]): void {
  const runs = [...account.freeRuns(), ...regions].sort((a, b) => a.address - b.address)
  let at = 7 * PAGE_BYTES
  for (const { address, bytes } of runs) {
    assert.is(address, at)
    at += bytes
  }
  assert.is(at, 71 * PAGE_BYTES)
}

test('a region that was given back refuses every use', () => {
  const account = new Account('test', 0, 4, false)
  const region = account.allocate(PAGE_BYTES)!
  region.release()
  assert.throws(() => region.release(), /after it was given back/)
  assert.throws(() => region.retain(), /after it was given back/)
  assert.throws(() => region.trim(1), /after it was given back/)
})

test('a reservation keeps the account for its holder until a run is large enough', () => {
  const account = new Account('test', 0, 4, false)
  const small = account.allocate(PAGE_BYTES)!
  const holder = {}
  assert.ok(account.reserve(holder))
  assert.not(account.reserve({}))
  assert.is(account.allocate(4 * PAGE_BYTES, holder), null)
  assert.is(account.allocate(PAGE_BYTES), null)
  small.release()
  const large = account.allocate(4 * PAGE_BYTES, holder)
  assert.ok(large)
  account.release(holder)
  large!.release()
  assert.ok(account.allocate(PAGE_BYTES))
})

test('a new content at an old address has another generation', () => {
  const account = new Account('test', 0, 1, false)
  const first = account.allocate(1)!
  const { address, generation } = first
  first.release()
  const second = account.allocate(1)!
  assert.is(second.address, address)
  assert.is.not(second.generation, generation)
})

test('as much as there is, but not less than the least', () => {
  const account = new Account('test', 0, 8, true)
  const first = account.allocateUpTo(6 * PAGE_BYTES, PAGE_BYTES)!
  assert.is(first.bytes, 6 * PAGE_BYTES)
  assert.is(account.allocateUpTo(6 * PAGE_BYTES, 3 * PAGE_BYTES), null)
  assert.is(account.allocateUpTo(6 * PAGE_BYTES, 2 * PAGE_BYTES)!.bytes, 2 * PAGE_BYTES)
})

test.run()
