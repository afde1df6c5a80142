/**
 * A writer's line to Postgres: one session, made anew when it is lost, and the pauses between attempts. It remembers the
 * backend of the session before, so that the next one can end it. Neighbours: session.ts, writer.ts.
 */
import { Backoff } from '../supervisor/backoff.ts'
import { Signal } from '../supervisor/signal.ts'
import { describeFailure, type FailureFacts } from './failure.ts'
import { type Backend, Session, type SessionOptions } from './session.ts'

export class Line {
  session: Session | null = null
  private readonly options: SessionOptions
  private readonly report: (failure: FailureFacts) => void
  private readonly backoff = new Backoff()
  /** Ends a pause; batches that come meanwhile do not. */
  private readonly ending = new Signal()
  private predecessor: Backend | null = null

  constructor(options: SessionOptions, report: (failure: FailureFacts) => void) {
    this.options = options
    this.report = report
  }

  get isUp(): boolean {
    return this.session?.isAlive === true
  }

  /** One attempt; where it fails, a report and a pause. */
  async connect(): Promise<void> {
    if (this.session !== null) {
      this.predecessor = this.session.backend ?? this.predecessor
      await this.session.close()
      this.session = null
    }
    try {
      this.session = await Session.connect(this.options, this.predecessor)
      this.backoff.reset()
    } catch (error) {
      this.report(describeFailure(error, 'connect', false))
      await this.pause()
    }
  }

  /** Longer each time, until `landed` or a connection. */
  pause(): Promise<void> {
    return this.ending.wait(this.backoff.next())
  }

  /** A transaction landed: the next pause is a short one. */
  landed(): void {
    this.backoff.reset()
  }

  /** Nobody pauses any more. */
  stopPausing(): void {
    this.ending.raise()
  }
}
