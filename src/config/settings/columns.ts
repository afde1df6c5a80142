/** Columns of the table logs that the user adds. Rows of the table in index.ts. */
import type { Setting } from './kinds.ts'

export const columnSettings = {
  columns: {
    type: 'columns',
    default: '{}',
    help: 'Typed columns added to the table logs, each filled from a field of the record: docs/formats.md. Adding one needs no pause; one that is taken out of here stays in the table.',
  },
} as const satisfies Record<string, Setting>
