/**
 * The consumer group as the tests bend it: forgets members that were killed. The brokers would do so after
 * kafka.session_timeout, which is 6 seconds or more for every kill.
 */
import { PartitionAssigners } from 'kafkajs'
import { createKafkaClient } from '../support/services.ts'

interface Cluster {
  findGroupCoordinator(which: { groupId: string }): Promise<{
    leaveGroup(member: { groupId: string; memberId: string }): Promise<unknown>
  }>
}

/** Leaves the group in the name of each of its members. */
export async function forgetMembers(groupId: string, brokers?: string): Promise<number> {
  const kafka = createKafkaClient(brokers)
  const admin = kafka.admin()
  let cluster: Cluster | null = null
  const consumer = kafka.consumer({
    groupId,
    partitionAssigners: [
      dependencies => {
        cluster = (dependencies as unknown as { cluster: Cluster }).cluster
        return PartitionAssigners.roundRobin(dependencies)
      },
    ],
  })
  await Promise.all([admin.connect(), consumer.connect()])
  try {
    const { groups } = await admin.describeGroups([groupId])
    const members = groups.flatMap(group => group.members.map(({ memberId }) => memberId))
    const coordinator = await cluster!.findGroupCoordinator({ groupId })
    for (const memberId of members) await coordinator.leaveGroup({ groupId, memberId })
    return members.length
  } finally {
    await Promise.all([admin.disconnect(), consumer.disconnect()])
  }
}
