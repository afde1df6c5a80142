/**
 * Members of a JSON record in the order in which jsonb keeps them: shorter keys first, then by their bytes, of equal
 * ones the last in the text last. Postgres sorts the members of every object that it takes in; those that are in order
 * cost it one comparison each, and COPY up to a fifth less time.
 *
 * The order depends on the keys alone. So it is worked out once for the last token of a record, which tells all of them
 * and how they nest (shape.ts), and kept as a plan in the slot, one byte a step: a member's number, copy it; with
 * STEP_OPEN, copy so many bytes of it as the next byte says, its key and colon, and open an object;
 * STEP_CLOSE; STEP_END. Where keys are
 * not known byte for byte, or there is no room, the members stay as they came. Objects in arrays stay so too.
 */
import { MAX_MEMBERS, MEMBERS_AT, PLANS_AT, PLANS_BYTES } from '../memory-map'
import { skipSpace } from './json'
import { copyJson } from './repair'
import { isExactPath, keepPlan, planAt } from './shape'
import { compareBytes, copyBytes, findByte } from './simd'
import { row, scan, task } from './state'

const MEMBER_BYTES: usize = 8
const STEP_OPEN: u8 = 0x40
const STEP_CLOSE: u8 = 0x80
const STEP_END: u8 = 0x81
/** What keepPlan is given where there can be no plan. */
const NO_PLAN: usize = 1
/** No member takes more steps: opening takes two bytes, closing one. */
const STEPS_A_MEMBER: usize = 3
/** Longer is no key and colon of a plan: a token that is known byte for byte is shorter. */
const LONGEST_OPENING: usize = 255

let plansUsed: usize = 0

/** Forgets all plans, as clearShapes does the tokens that they are kept with. */
export function clearPlans(): void {
  plansUsed = 0
}

function memberAt(number: u32): usize {
  return task.slot + MEMBERS_AT + (number as usize) * MEMBER_BYTES
}

/** Notes member `number` (below MAX_MEMBERS) of the record, from its key's quote to the end of its value. */
export function noteMember(number: u32, start: usize, end: usize): void {
  const member = memberAt(number)
  store<u32>(member, start as u32)
  store<u32>(member, end as u32, 4)
}

/** Says where a member ends whose value is an object that was gone into. */
export function closeMember(number: u32, end: usize): void {
  store<u32>(memberAt(number), end as u32, 4)
}

/** The plan of a record of so many noted members, whose last token has this list behind it; 0: there is none. */
export function planOf(list: usize, count: u32): usize {
  let plan = planAt(list)
  if (plan == 0) {
    plan = makePlan(list, count)
    keepPlan(list, plan)
  }
  return plan == NO_PLAN ? 0 : plan
}

function makePlan(list: usize, count: u32): usize {
  const needed = (count as usize) * STEPS_A_MEMBER + 1
  if (!isExactPath(list) || plansUsed + needed > (PLANS_BYTES as usize)) return NO_PLAN
  const plan = task.slot + PLANS_AT + plansUsed
  const end = planObject(plan, 0, count)
  if (end == 0) return NO_PLAN
  store<u8>(end, STEP_END)
  plansUsed += end + 1 - plan
  return plan
}

/** The steps of an object whose members and theirs are those from `first` up to `end`; gives the address behind, or 0. */
function planObject(to: usize, first: u32, end: u32): usize {
  let member = nextInOrder(first, end, -1)
  for (; member != -1; member = nextInOrder(first, end, member)) {
    const behind = behindMember(member, end)
    if (behind == member + 1) {
      store<u8>(to++, member as u8)
      continue
    }
    const opening = openingBytes(load<u32>(memberAt(member)))
    if (opening > LONGEST_OPENING) return 0
    store<u8>(to, (member as u8) | STEP_OPEN)
    store<u8>(to, opening as u8, 1)
    to = planObject(to + 2, member + 1, behind)
    if (to == 0) return 0
    store<u8>(to++, STEP_CLOSE)
  }
  return to
}

/** The first number behind the member and all that its object holds. */
function behindMember(member: u32, end: u32): u32 {
  const memberEnd = load<u32>(memberAt(member), 4)
  let next = member + 1
  while (next < end && load<u32>(memberAt(next)) < memberEnd) next++
  return next
}

/** Of the object's members the one that comes behind `last` (-1: the first one), or -1. */
function nextInOrder(first: u32, end: u32, last: i32): i32 {
  let found: i32 = -1
  for (let member = first; member < end; member = behindMember(member, end)) {
    if (last != -1 && !isBefore(last, member)) continue
    if (found == -1 || isBefore(member, found)) found = member
  }
  return found
}

/** Does jsonb put the one member before the other? Of equal keys the first in the text comes first. */
function isBefore(one: u32, other: u32): bool {
  const a: usize = load<u32>(memberAt(one)) + 1
  const b: usize = load<u32>(memberAt(other)) + 1
  const length = keyBytes(a)
  const difference = (length as i32) - (keyBytes(b) as i32)
  if (difference != 0) return difference < 0
  const order = compareBytes(a, b, length)
  return order != 0 ? order < 0 : one < other
}

/** Bytes of a key that holds no escapes. */
function keyBytes(key: usize): usize {
  return findByte(key, -1, 0x22) - key
}

/** Bytes of a member from its key's quote to behind the colon; how much space follows differs from record to record. */
function openingBytes(quote: usize): usize {
  return skipSpace(quote + 1 + keyBytes(quote + 1) + 1, -1) + 1 - quote
}

/** The members that stay, as scan.plan has them; none in row.leftOut. */
export function writeOrdered(to: usize): usize {
  const first = to
  let step = scan.plan
  while (true) {
    const kind = load<u8>(step++)
    if (kind < (MAX_MEMBERS as u8)) {
      if ((row.leftOut >> (kind as u64)) & 1) continue
      const member = memberAt(kind)
      to = copyMember(to, load<u32>(member), load<u32>(member, 4))
      store<u8>(to++, 0x2c)
    } else if (kind < STEP_CLOSE) {
      const opening: usize = load<u8>(step++)
      copyBytes(to, load<u32>(memberAt(kind & ~STEP_OPEN)), opening)
      to += opening
      store<u8>(to++, 0x7b)
    } else {
      // Behind a brace that opened or a comma of ours, which nothing follows now.
      if (to != first && load<u8>(to - 1) == 0x2c) to--
      if (kind == STEP_END) return to
      store<u16>(to, 0x2c7d)
      to += 2
    }
  }
}

/** Most are longer than 16 bytes and no longer than 32: copied without a loop, whose end could not be foreseen. */
function copyMember(to: usize, p: usize, end: usize): usize {
  if (scan.dirty) return copyJson(to, p, end)
  const length = end - p
  v128.store(to, v128.load(p))
  v128.store(to, v128.load(p, 16), 16)
  if (length > 32) copyBytes(to + 32, p + 32, length - 32)
  return to + length
}
