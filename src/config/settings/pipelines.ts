/** Pipelines: which topics are read how. Rows of the table in index.ts. */
import type { Setting } from './kinds.ts'

export const pipelineSettings = {
  pipelines: {
    type: 'pipelines',
    default: '[]',
    help: 'Which topics are read how: docs/pipelines.md. Their topics take the place of kafka.topics; without any, all of kafka.topics is read by parse.format.',
  },
} as const satisfies Record<string, Setting>
