/**
 * Members of our group whose process is gone. Killed without a word, they hold their partitions until their session times
 * out. So each member says in its subscription which process it is, and who starts on the same host signs off those that
 * are no more. One that lives after all joins again; what it may store, its tokens in `offsets` decide, not the group.
 */
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { AssignerProtocol } from 'kafkajs'
import type { Cluster } from './cluster.ts'

/** Enough to tell a process from every other one: proc_pid_stat(5), pid_namespaces(7). */
export interface ProcessName {
  readonly host: string
  /** Of the kernel's boot. */
  readonly boot: string
  /** Its pid namespace: pid means something only there. */
  readonly namespace: string
  readonly pid: number
  /** Clock ticks from the boot to its start. */
  readonly started: string
}

/** State and start of a process: the third and the 22nd field, behind the name, which may hold anything. */
const STATE = 0
const STARTED = 19
const DEAD_STATES = ['Z', 'X', 'x']

/** Null where the system has no /proc. */
function thisProcess(): ProcessName | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
    const started = startOf(process.pid)
    if (started === null) return null
    return { host: hostname(), boot, namespace: readlinkSync('/proc/self/ns/pid'), pid: process.pid, started }
  } catch {
    return null
  }
}

/** When the process of this number began; null: there is none. */
function startOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return DEAD_STATES.includes(fields[STATE]!) ? null : fields[STARTED]!
  } catch {
    return null
  }
}

/**
 * Of another host or boot nothing is known. Where the pid namespace is another and the pid the same, a container was
 * started again. @param startOf when the process of a pid of our namespace began, or null
 */
export function isGone(
  member: ProcessName,
  self: ProcessName,
  startOf: (pid: number) => string | null,
): boolean {
  if (member.host !== self.host || member.boot !== self.boot) return false
  if (member.namespace !== self.namespace) return member.pid === self.pid && member.started !== self.started
  return startOf(member.pid) !== member.started
}

const self = thisProcess()

/** Which process we are, for the subscription. */
export const userData = (): Buffer => Buffer.from(self === null ? '' : JSON.stringify(self))

/** Null for members that say nothing of the kind: older versions, other programs. */
function processOf(memberMetadata: Buffer): ProcessName | null {
  try {
    const { userData } = AssignerProtocol.MemberMetadata.decode(memberMetadata) ?? {}
    const { host, boot, namespace, pid, started } = JSON.parse(String(userData)) as Record<string, unknown>
    const texts = [host, boot, namespace, started]
    if (!Number.isInteger(pid) || texts.some(text => typeof text !== 'string')) return null
    return { host, boot, namespace, pid, started } as ProcessName
  } catch {
    return null
  }
}

/** Signs off the members of the group whose process is gone; their ids. @throws what kafkajs throws */
export async function signOffPredecessors(cluster: Cluster, groupId: string): Promise<readonly string[]> {
  if (self === null) return []
  const coordinator = await cluster.findGroupCoordinator({ groupId })
  const { groups } = await coordinator.describeGroups({ groupIds: [groupId] })
  const gone = groups
    .flatMap(({ members }) => members)
    .filter(({ memberMetadata }) => {
      const member = processOf(memberMetadata)
      return member !== null && isGone(member, self, startOf)
    })
  for (const { memberId } of gone) await coordinator.leaveGroup({ groupId, memberId })
  return gone.map(({ memberId }) => memberId)
}
