/** A state in which much is wrong, with texts that would be markup if anybody let them, for tests of the page. */
import type { DebugState } from '../../src/http/debug/state.ts'
import { debugState } from './debug-deps.ts'

export const EVIL = `<script>document.title='taken'</script><img src=x onerror="document.title='taken'">&"'`

const partition = (number: number, mode: 'consuming' | 'halted', committed: number) => ({
  topic: EVIL,
  partition: number,
  mode,
  fetched: committed,
  parsed: committed,
  committed,
  highWatermark: 1_234_567,
  lastStable: -1,
  rangesWaiting: 0,
  inFlightBytes: 2048,
  haltedReason: mode === 'halted' ? EVIL : null,
  leader: 1,
})

export function troubledState(changes: Partial<DebugState> = {}): DebugState {
  const plain = debugState()
  const facts = { task: EVIL, error: EVIL, code: 'POSTGRES_UNAVAILABLE', reason: EVIL, remedy: EVIL }
  const at = '2026-01-31T11:59:58.123Z'
  return {
    ...plain,
    version: EVIL,
    roles: ['consume', EVIL],
    ready: { ok: false, reasons: [EVIL] },
    partitions: [
      partition(0, 'consuming', 1_234_560),
      partition(1, 'consuming', 0),
      partition(2, 'halted', 7),
    ],
    arena: [{ account: EVIL, usedBytes: 96, sizeBytes: 100 }],
    writers: [{ id: 0, mode: EVIL, inFlightBytes: 0, trouble: EVIL }],
    fetchers: [{ broker: 1, partitions: 3, errandsWaiting: 0, throttledMs: 250 }],
    parts: [
      { name: 'writer 0', rule: 'permanent', restarts: 2, isRestarting: false },
      { name: 'fetcher 1', rule: 'permanent', restarts: 0, isRestarting: true },
      { name: EVIL, rule: 'temporary', restarts: 0, isRestarting: false },
    ],
    parse: {
      ...plain.parse,
      utilisation: { overMs: 5000, share: [0.5, 0.99] },
      steps: [
        { pipeline: 'web', step: '1 regex', written: EVIL, timed: 9, meanUs: 1500, maxUs: 9000, totalMs: 30 },
        { pipeline: 'web', step: '2 set', written: '{}', timed: 9, meanUs: 0.5, maxUs: 1, totalMs: 10 },
      ],
    },
    restarts: { 'writer 0': 2 },
    restartHistory: [{ at, child: 'writer 0', restarts: 2, facts }],
    recent: [
      { at, since: at, times: 1, level: 'warn', event: 'source:group:crashed', facts: { error: 'x' } },
      { at, since: at, times: 17, level: 'warn', event: 'store:task:failed', facts },
    ],
    ...changes,
  }
}
