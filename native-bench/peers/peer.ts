/**
 * What the bench must know of a program that it compares: how it is built and started, where its rows land and how one
 * is known again. list.ts names them all; the folders beside this file hold their sources and configurations.
 */

/** What a program is told, by these variables of its environment. */
export interface Addresses {
  readonly KAFKA_BROKERS: string
  readonly KAFKA_TOPIC: string
  readonly KAFKA_GROUP: string
  /** postgres://… of an empty database with the tables of both sides. */
  readonly POSTGRES_URL: string
}

/** A command line; its environment is ours, the addresses and `env`. */
export interface Command {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export interface Peer {
  readonly name: string
  /** One line: how it does it. */
  readonly what: string
  /** What its makers, or its code, promise. */
  readonly delivery: string
  /** Which columns it fills. */
  readonly fills: string
  /** With its schema. */
  readonly table: string
  /** SQL over a row: the id that each record carries. */
  readonly id: string
  /** SQL over a row: its message. */
  readonly message: string
  /** SQL over the database: how many records are kept aside; null: it has no place for them. */
  readonly aside: string | null
  /** Run in the empty database before it starts; null: nothing. */
  readonly setUp: string | null
  /** Fetches and builds what is not there yet. Throws with a sentence that names what is missing. */
  build(report: (line: string) => void): Promise<Start>
}

export type Start = (addresses: Addresses) => Command
