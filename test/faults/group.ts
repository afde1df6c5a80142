/**
 * The consumer group as the tests bend it: forgets members that were killed, and says who coordinates it. The brokers
 * would forget after kafka.session_timeout, which is 6 seconds or more for every kill.
 */
import { PartitionAssigners } from 'kafkajs'
import { createKafkaClient } from '../support/services.ts'

interface Coordinator {
  readonly nodeId: number
  leaveGroup(member: { groupId: string; memberId: string }): Promise<unknown>
}

interface Cluster {
  findGroupCoordinator(which: { groupId: string }): Promise<Coordinator>
}

export interface GroupOptions {
  /** Brokers of the test's own; the shared ones unless told. */
  readonly brokers?: string
  /** Members that stay; none unless told. */
  readonly except?: readonly string[]
}

/** Finds the coordinator over a connection that no instance shares. */
async function withCoordinator<T>(
  groupId: string,
  brokers: string | undefined,
  use: (coordinator: Coordinator) => Promise<T>,
): Promise<T> {
  let cluster: Cluster | null = null
  const consumer = createKafkaClient(brokers).consumer({
    groupId,
    partitionAssigners: [
      dependencies => {
        cluster = (dependencies as unknown as { cluster: Cluster }).cluster
        return PartitionAssigners.roundRobin(dependencies)
      },
    ],
  })
  await consumer.connect()
  try {
    return await use(await cluster!.findGroupCoordinator({ groupId }))
  } finally {
    await consumer.disconnect()
  }
}

async function membersOf(groupId: string, brokers: string | undefined): Promise<string[]> {
  const admin = createKafkaClient(brokers).admin()
  await admin.connect()
  try {
    const { groups } = await admin.describeGroups([groupId])
    return groups.flatMap(group => group.members.map(({ memberId }) => memberId))
  } finally {
    await admin.disconnect()
  }
}

/** Leaves the group in the name of its members; returns how many it forgot. */
export async function forgetMembers(
  groupId: string,
  { brokers, except = [] }: GroupOptions = {},
): Promise<number> {
  const present = await membersOf(groupId, brokers)
  const forgotten = present.filter(memberId => !except.includes(memberId))
  await withCoordinator(groupId, brokers, async coordinator => {
    for (const memberId of forgotten) await coordinator.leaveGroup({ groupId, memberId })
  })
  return forgotten.length
}

/** The node id of the broker that coordinates the group now. */
export const coordinatorOf = (groupId: string, brokers: string): Promise<number> =>
  withCoordinator(groupId, brokers, async ({ nodeId }) => nodeId)
