/** Heap snapshots and profiles weigh on the process that is being looked at, so there is one at a time. */
import { PipelineError } from '../../errors.ts'

export class OneAtATime {
  private under: string | null = null

  /** Returns the function that ends it; a second call of that does nothing. Throws HTTP_BUSY. */
  begin(what: string): () => void {
    if (this.under !== null) throw new PipelineError('HTTP_BUSY', { running: this.under })
    this.under = what
    let isOver = false
    return () => {
      if (!isOver) this.under = null
      isOver = true
    }
  }
}
