/** Asks the brokers for a topic's id; who asks for the same at the same time shares the question. Neighbour: leadership.ts. */
import { PipelineError } from '../errors.ts'
import type { KafkaAdapter } from './kafka/adapter.ts'

export class TopicIds {
  private readonly adapter: Pick<KafkaAdapter, 'topics'>
  private readonly asked = new Map<string, Promise<string | null>>()

  constructor(adapter: Pick<KafkaAdapter, 'topics'>) {
    this.adapter = adapter
  }

  /** Null: the brokers give no ids. 'unknown': there is no such topic now, or nobody answers. */
  of(topic: string): Promise<string | null> {
    const present = this.asked.get(topic)
    if (present !== undefined) return present
    const asking = this.ask(topic).finally(() => this.asked.delete(topic))
    this.asked.set(topic, asking)
    return asking
  }

  private async ask(topic: string): Promise<string | null> {
    try {
      const [facts] = (await this.adapter.topics([topic])).topics
      return facts === undefined ? 'unknown' : facts.id
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error
      return 'unknown'
    }
  }
}
