/**
 * A decimal number to the nearest double, half to even. Short ones by one exact multiplication or division (William
 * Clinger, "How to Read Floating Point Numbers Accurately"); others by a whole number of many words, whose upper 64
 * bits are rounded. Twin: Number in test/reference/extra-column.ts.
 */
import { BIG_NUMBER_AT } from '../memory-map'
import { scanNumber } from './number'
import { task } from './state'

/** Powers of ten that a double holds, and digits that it holds whatever they are. */
const EXACT_POWER: i32 = 22
const EXACT_DIGITS: i32 = 15
/** Numbers with their point farther right are infinite, farther left nothing. */
const MAX_POINT: i32 = 310
const MIN_POINT: i32 = -330
const CHUNK_DIGITS: i32 = 9
const CHUNK: u32 = 1000000000

class decimal {
  static bits: u64 = 0
  static digits: i32 = 0
  static exponent: i32 = 0
  static isNegative: bool = false
}

/** A whole number: little-endian words in the slot. */
class big {
  static length: i32 = 0
}

/** The bits of the double read last. */
export function readDoubleBits(): u64 {
  return decimal.bits
}

/** Reads a JSON number that is all of the text, of at most 64 bytes; false when it is none, or too large or too small for a double. */
export function readDouble(p: usize, end: usize): bool {
  if (p >= end || scanNumber(p, end) != end) return false
  const mantissa = readDigits(p, end)
  const sign: u64 = decimal.isNegative ? 0x8000000000000000 : 0
  decimal.bits = sign
  if (decimal.digits == 0) return true
  const exponent = decimal.exponent
  if (decimal.digits <= EXACT_DIGITS && exponent <= EXACT_POWER && exponent >= -EXACT_POWER) {
    const value =
      exponent < 0 ? (mantissa as f64) / power10(-exponent) : (mantissa as f64) * power10(exponent)
    decimal.bits = reinterpret<u64>(value) | sign
    return true
  }
  const point = decimal.digits + exponent
  if (point > MAX_POINT || point < MIN_POINT) return false
  scale(exponent)
  const bits = roundedBits()
  if (bits == 0 || bits >= 0x7ff0000000000000) return false
  decimal.bits = bits | sign
  return true
}

/** Takes the text apart: significant digits go into the big number, their first 15 are returned as well. */
function readDigits(p: usize, end: usize): u64 {
  let mantissa: u64 = 0
  let behindPoint: i32 = 0
  big.length = 0
  decimal.digits = 0
  decimal.exponent = 0
  decimal.isNegative = load<u8>(p) == 0x2d
  if (decimal.isNegative) p++
  for (; p < end && (load<u8>(p) | 0x20) != 0x65; ++p) {
    const digit = (load<u8>(p) as u32) - 0x30
    if (digit > 9) {
      behindPoint = 1
      continue
    }
    decimal.exponent -= behindPoint
    if (digit == 0 && decimal.digits == 0) continue
    decimal.digits++
    multiplyAdd(10, digit)
    if (decimal.digits <= EXACT_DIGITS) mantissa = mantissa * 10 + digit
  }
  if (p < end) decimal.exponent += readExponent(p + 1, end)
  return mantissa
}

function readExponent(p: usize, end: usize): i32 {
  const sign = load<u8>(p)
  if (sign == 0x2b || sign == 0x2d) p++
  let value: i32 = 0
  while (p < end && value < 100000) value = value * 10 + ((load<u8>(p++) as i32) - 0x30)
  return sign == 0x2d ? -value : value
}

/** Exact up to EXACT_POWER. */
function power10(exponent: i32): f64 {
  let value: f64 = 1
  while (exponent-- > 0) value *= 10
  return value
}

function wordAt(index: i32): usize {
  return task.slot + BIG_NUMBER_AT + ((index * 4) as usize)
}

function multiplyAdd(factor: u32, addend: u32): void {
  let carry: u64 = addend
  for (let i = 0; i < big.length; ++i) {
    carry += (load<u32>(wordAt(i)) as u64) * (factor as u64)
    store<u32>(wordAt(i), carry as u32)
    carry >>= 32
  }
  if (carry != 0) store<u32>(wordAt(big.length++), carry as u32)
}

/** Divides, and gives the remainder. */
function divide(divisor: u32): u32 {
  let rest: u64 = 0
  for (let i = big.length - 1; i >= 0; --i) {
    rest = (rest << 32) | (load<u32>(wordAt(i)) as u64)
    store<u32>(wordAt(i), (rest / (divisor as u64)) as u32)
    rest %= divisor as u64
  }
  while (big.length > 0 && load<u32>(wordAt(big.length - 1)) == 0) big.length--
  return rest as u32
}

/** Bits by which the big number was shifted to the left, and whether dividing it lost something. */
class scaling {
  static words: i32 = 0
  static isInexact: bool = false
}

/** Multiplies the big number by 10^exponent; a negative one divides, after a shift that leaves more than 64 bits. */
function scale(exponent: i32): void {
  scaling.words = 0
  scaling.isInexact = false
  if (exponent < 0) {
    scaling.words = 3 + ((-exponent * 107) >> 10)
    memory.copy(wordAt(scaling.words), wordAt(0), (big.length * 4) as usize)
    memory.fill(wordAt(0), 0, (scaling.words * 4) as usize)
    big.length += scaling.words
  }
  let left = exponent < 0 ? -exponent : exponent
  while (left > 0) {
    const digits = min(left, CHUNK_DIGITS)
    const power = digits == CHUNK_DIGITS ? CHUNK : (power10(digits) as u32)
    if (exponent > 0) multiplyAdd(power, 0)
    else if (divide(power) != 0) scaling.isInexact = true
    left -= digits
  }
}

function wordOr0(index: i32): u64 {
  return index < 0 ? 0 : (load<u32>(wordAt(index)) as u64)
}

/** The upper 64 bits of the big number; whatever lies below sets isInexact. */
function upperBits(): u64 {
  const top = big.length - 1
  const zeros = clz<u32>(wordOr0(top) as u32) as u64
  const bits = (wordOr0(top) << 32) | wordOr0(top - 1)
  const below = wordOr0(top - 2)
  const result = zeros == 0 ? bits : (bits << zeros) | (below >> (32 - zeros))
  if (((below << zeros) & 0xffffffff) != 0) scaling.isInexact = true
  for (let i = top - 3; i >= 0 && !scaling.isInexact; --i) if (wordOr0(i) != 0) scaling.isInexact = true
  return result
}

/** The double nearest to the big number over 2^(32 words), as bits; 0 or an infinity where there is none. */
function roundedBits(): u64 {
  const upper = upperBits()
  const exponent =
    big.length * 32 - (clz<u32>(load<u32>(wordAt(big.length - 1))) as i32) - 1 - scaling.words * 32
  if (exponent > 1023) return 0x7ff0000000000000
  // A subnormal number keeps fewer bits than 53.
  const dropped: i32 = exponent >= -1022 ? 11 : 11 + (-1022 - exponent)
  if (dropped > 64) return 0
  const kept: u64 = dropped == 64 ? 0 : upper >> (dropped as u64)
  const rest: u64 = dropped == 64 ? upper : upper & (((1 as u64) << (dropped as u64)) - 1)
  const half: u64 = (1 as u64) << ((dropped - 1) as u64)
  const isUp = rest > half || (rest == half && (scaling.isInexact || (kept & 1) != 0))
  const rounded = kept + (isUp ? 1 : 0)
  // The leading bit of a normal number counts one into the exponent, and so does a carry out of the mantissa.
  return exponent >= -1022 ? (((exponent + 1022) as u64) << 52) + rounded : rounded
}
