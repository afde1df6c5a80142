/**
 * Takes requests with records in and answers when Kafka has acknowledged them: everything that HTTP needs, without
 * HTTP. Neighbours: body.ts, split.ts, once.ts, topic-writer.ts; src/http/intake is the face.
 */
import { createHash } from 'node:crypto'
import { PipelineError } from '../errors.ts'
import type { Emit } from '../events.ts'
import type { Producer } from '../source/kafka/producer.ts'
import { type Acknowledged, acknowledgedWhere, isAcknowledged } from './acknowledged.ts'
import { readBody } from './body.ts'
import { Budget, type Reservation } from './budget.ts'
import type { IntakePort, IntakeRequest, Outcome, RecordProblem } from './contract.ts'
import type { Once, Turn } from './once.ts'
import { splitOtlp } from './otlp.ts'
import { type Split, splitBody } from './split.ts'
import { Ticket } from './ticket.ts'
import { TopicWriter } from './topic-writer.ts'

export interface IntakeOptions {
  /** Those that may be written to; the first where a request names none. */
  readonly topics: readonly string[]
  readonly maxBodyBytes: number
  readonly maxRecordBytes: number
  /** The field that becomes a record's key; empty: none. */
  readonly keyField: string
  readonly inFlightBytes: number
  /** Until a request is answered, whatever Kafka does. */
  readonly ackTimeoutMs: number
  readonly connect: (topic: string, signal: AbortSignal) => Promise<Producer>
  readonly pressure: () => { readonly isHigh: boolean; readonly retryAfterSeconds: number }
  readonly once: Once
  readonly emit: Emit
}

interface ReadSplit extends Split {
  readonly body: Buffer
}

/** Our records say for each what OTLP says once for many; together they may be so many times the largest body. */
const OTLP_GROWTH = 4
/** Held for the bookkeeping of a record. */
const RECORD_BYTES = 128

export class Intake implements IntakePort {
  readonly budget: Budget
  private readonly options: IntakeOptions
  private readonly writers = new Map<string, TopicWriter>()
  private readonly open = new Set<Promise<void>>()
  private isStopping = false

  constructor(options: IntakeOptions) {
    this.options = options
    this.budget = new Budget(options.inFlightBytes)
  }

  /**
   * Resolves when every record is acknowledged or refused, or at the deadline. Throws what readBody and `split` throw,
   * and INTAKE_TOPIC_UNKNOWN, INTAKE_PRESSURE, INTAKE_FULL, INTAKE_STOPPING, INTAKE_KEY_BUSY, INTAKE_KEY_REUSED.
   */
  async take(request: IntakeRequest): Promise<Outcome> {
    const startedAt = performance.now()
    const { emit } = this.options
    try {
      const outcome = await this.run(request)
      emit('intake:request:completed', {
        topic: outcome.topic,
        accepted: outcome.accepted,
        refused: outcome.refused.length,
        unacknowledged: outcome.unacknowledged.length,
        durationMs: performance.now() - startedAt,
        inFlightBytes: this.budget.usedBytes,
      })
      return outcome
    } catch (error) {
      if (error instanceof PipelineError)
        emit('intake:request:refused', { error, inFlightBytes: this.budget.usedBytes })
      throw error
    }
  }

  private async run(request: IntakeRequest): Promise<Outcome> {
    const topic = this.topicOf(request.topic)
    const reservation = this.admit()
    let deadline: ReturnType<typeof deadlineIn> | null = null
    try {
      const split = await this.read(request, reservation)
      // From here: a body that takes long to come is no fault of Kafka's.
      deadline = deadlineIn(this.options.ackTimeoutMs)
      const turn = await this.begin(topic, request, split, deadline.passed)
      const ticket = this.send(topic, split, request.recordKey, turn)
      this.follow(ticket, split, turn, reservation)
      await Promise.race([ticket.settled, deadline.passed])
      if (!ticket.isSettled) {
        ticket.withdraw()
        this.writers.get(topic)?.sweep()
      }
      return outcomeOf(topic, split, ticket, turn?.acknowledged ?? 'none')
    } catch (error) {
      reservation.release()
      throw error
    } finally {
      deadline?.cancel()
    }
  }

  private async read(
    { body, encoding, format }: IntakeRequest,
    reservation: Reservation,
  ): Promise<ReadSplit> {
    const maxBytes = this.options.maxBodyBytes
    const plain = await readBody(body, { encoding, maxBytes, reservation })
    const parts = await this.split(plain, format)
    const more = parts.bytes === plain ? 0 : parts.bytes.length
    if (!reservation.grow(more + parts.records.length * RECORD_BYTES)) throw new PipelineError('INTAKE_FULL')
    return { ...parts, body: plain }
  }

  private split(body: Buffer, format: IntakeRequest['format']): Promise<Split> {
    const { keyField, maxRecordBytes } = this.options
    const maxBytes = OTLP_GROWTH * this.options.maxBodyBytes
    switch (format) {
      case 'otlp-json':
        return splitOtlp(body, { encoding: 'json', keyField, maxRecordBytes, maxBytes })
      case 'otlp-protobuf':
        return splitOtlp(body, { encoding: 'protobuf', keyField, maxRecordBytes, maxBytes })
      default:
        return splitBody(body, { format, keyField, maxRecordBytes })
    }
  }

  /** Takes nothing more; gives what is in flight so long, ms, then gives it up. */
  async stop(withinMs: number): Promise<void> {
    this.isStopping = true
    const deadline = deadlineIn(withinMs)
    await Promise.race([Promise.all(this.open), deadline.passed])
    deadline.cancel()
    await Promise.all([...this.writers.values()].map(writer => writer.close()))
  }

  private topicOf(asked: string): string {
    const { topics } = this.options
    const topic = asked === '' ? topics[0] : topics.find(name => name === asked)
    if (topic !== undefined) return topic
    throw new PipelineError('INTAKE_TOPIC_UNKNOWN', { topic: asked.slice(0, 249) })
  }

  private admit(): Reservation {
    if (this.isStopping) throw new PipelineError('INTAKE_STOPPING')
    const { isHigh, retryAfterSeconds } = this.options.pressure()
    if (isHigh) throw new PipelineError('INTAKE_PRESSURE', { retryAfterSeconds })
    const reservation = this.budget.open()
    if (reservation === null) throw new PipelineError('INTAKE_FULL')
    return reservation
  }

  private async begin(
    topic: string,
    { caller, idempotencyKey }: IntakeRequest,
    { body }: ReadSplit,
    late: Promise<unknown>,
  ): Promise<Turn | null> {
    if (idempotencyKey === null) return null
    return this.options.once.begin(digestOf(`${topic}\0${caller}\0${idempotencyKey}`), digestOf(body), late)
  }

  private send(
    topic: string,
    { bytes, records }: Split,
    recordKey: Buffer | null,
    turn: Turn | null,
  ): Ticket {
    const ticket = new Ticket(records.length, Date.now())
    const acknowledged = turn?.acknowledged ?? 'none'
    const entries = records.flatMap(({ start, end, key }, record) => {
      if (!isAcknowledged(acknowledged, record))
        return [{ source: bytes, start, end, key: recordKey ?? key, ticket, record }]
      ticket.settle(record, 'acknowledged')
      return []
    })
    if (entries.length > 0) this.writerOf(topic).push(entries)
    return ticket
  }

  private writerOf(topic: string): TopicWriter {
    const known = this.writers.get(topic)
    if (known !== undefined) return known
    const writer = new TopicWriter({ connect: signal => this.options.connect(topic, signal) })
    this.writers.set(topic, writer)
    return writer
  }

  /** Beyond the answer: the bytes are held, and the key busy, until Kafka has spoken for every record. */
  private follow(ticket: Ticket, { records }: Split, turn: Turn | null, reservation: Reservation): void {
    const followed = ticket.settled.then(() => {
      reservation.release()
      turn?.finish(acknowledgedWhere(records.length, record => ticket.stateOf(record) === 'acknowledged'))
      this.open.delete(followed)
    })
    this.open.add(followed)
  }
}

function outcomeOf(
  topic: string,
  { records, refused }: Split,
  ticket: Ticket,
  earlier: Acknowledged,
): Outcome {
  const tooLarge: { index: number; code: RecordProblem }[] = []
  const unacknowledged: number[] = []
  let accepted = 0
  for (const [record, { index }] of records.entries()) {
    const state = ticket.stateOf(record)
    if (state === 'acknowledged') accepted++
    else if (state === 'refused') tooLarge.push({ index, code: 'RECORD_TOO_LARGE' })
    else unacknowledged.push(index)
  }
  return {
    topic,
    accepted,
    refused: [...refused, ...tooLarge].sort((one, other) => one.index - other.index),
    unacknowledged,
    failure: ticket.failure,
    isRepetition: earlier === 'all' && records.length > 0,
  }
}

const digestOf = (text: string | Buffer): string => createHash('sha256').update(text).digest('base64url')

function deadlineIn(ms: number): { readonly passed: Promise<void>; readonly cancel: () => void } {
  let cancel = (): void => undefined
  const passed = new Promise<void>(resolve => {
    const timer = setTimeout(resolve, ms)
    cancel = () => clearTimeout(timer)
  })
  return { passed, cancel }
}
