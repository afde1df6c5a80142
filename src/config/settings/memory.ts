/** The bound on memory, and the threads that share it. Rows of the table in index.ts. */
import type { Setting } from './kinds.ts'

export const memorySettings = {
  'memory.budget': {
    type: 'bytes',
    derived: '90MiB + 32MiB for the API + 35MiB a worker + memory.arena',
    min: '128MiB',
    max: '64GiB',
    help: 'Bound on the memory of the process; what http.intake.in_flight allows is beside it. Set it and the arena follows, or the other way round.',
  },
  'memory.arena': {
    type: 'bytes',
    derived: '64MiB, or what memory.budget leaves',
    min: '32MiB',
    max: '3GiB',
    help: 'Memory for the bytes between fetch and COMMIT.',
  },
  workers: {
    type: 'int',
    derived: 'cores, at most 4',
    min: '1',
    max: '64',
    help: 'Threads that parse.',
  },
} as const satisfies Record<string, Setting>
