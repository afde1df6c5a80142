/** A cache of bounded size that forgets what was not asked for the longest. */

/** Keys and values as they are; a Map keeps the order in which they were last used. */
export class LruCache<Value> {
  private readonly entries = new Map<string, Value>()
  private readonly capacity: number

  constructor(capacity: number) {
    this.capacity = capacity
  }

  get size(): number {
    return this.entries.size
  }

  /** The value of the key, made by `make` if it is not known. */
  get(key: string, make: (key: string) => Value): Value {
    let value = this.entries.get(key)
    if (value === undefined) value = make(key)
    else this.entries.delete(key)
    this.entries.set(key, value)
    if (this.entries.size > this.capacity) this.entries.delete(this.entries.keys().next().value!)
    return value
  }
}
