/**
 * A small writer of databases in the MaxMind format, for the tests of geoip.
 * Format: https://maxmind.github.io/MaxMind-DB/ (24-bit records, IPv4 below ::/96).
 */

type Value = string | number | readonly Value[] | { readonly [name: string]: Value }

const control = (type: number, size: number): Buffer => {
  const extended = type > 7
  const head = [(extended ? 0 : type) << 5]
  if (extended) head.push(type - 7)
  if (size < 29) head[0]! |= size
  else {
    head[0]! |= 29
    head.push(size - 29)
  }
  return Buffer.from(head)
}

function encode(value: Value): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)])
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value)
    return Buffer.concat([control(6, 4), bytes])
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleBE(value)
    return Buffer.concat([control(3, 8), bytes])
  }
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encode)])
  const entries = Object.entries(value)
  return Buffer.concat([
    control(7, entries.length),
    ...entries.flatMap(([name, of]) => [encode(name), encode(of)]),
  ])
}

/** Bits of an IPv4 network such as 203.0.113.0/24, below 96 zero bits. */
function bitsOf(network: string): readonly number[] {
  const [address, length] = network.split('/') as [string, string]
  const bits = address.split('.').flatMap(part => [...Number(part).toString(2).padStart(8, '0')].map(Number))
  return [...Array<number>(96).fill(0), ...bits.slice(0, Number(length))]
}

/** The file; entries by network. */
export function makeDatabase(entries: Readonly<Record<string, Value>>): Buffer {
  const nodes: (number | Buffer | null)[][] = [[null, null]]
  for (const [network, value] of Object.entries(entries)) {
    const bits = bitsOf(network)
    let node = 0
    for (const bit of bits.slice(0, -1)) {
      const next = nodes[node]![bit]
      if (typeof next === 'number') node = next
      else {
        nodes[node]![bit] = nodes.length
        node = nodes.length
        nodes.push([null, null])
      }
    }
    nodes[node]![bits.at(-1)!] = encode(value)
  }
  const tree = Buffer.alloc(nodes.length * 6)
  const data: Buffer[] = []
  let dataBytes = 0
  for (const [index, records] of nodes.entries())
    for (const [side, record] of records.entries()) {
      let number = nodes.length
      if (typeof record === 'number') number = record
      else if (record) {
        number = nodes.length + 16 + dataBytes
        data.push(record)
        dataBytes += record.length
      }
      tree.writeUIntBE(number, index * 6 + side * 3, 3)
    }
  const metadata = encode({
    node_count: nodes.length,
    record_size: 24,
    ip_version: 6,
    database_type: 'Test',
    languages: ['en'],
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_700_000_000,
    description: { en: 'Test' },
  })
  const marker = Buffer.concat([Buffer.from([0xab, 0xcd, 0xef]), Buffer.from('MaxMind.com')])
  return Buffer.concat([tree, Buffer.alloc(16), ...data, marker, metadata])
}
