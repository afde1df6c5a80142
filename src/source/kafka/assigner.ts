/**
 * What the members of the group subscribe to, changed while they are members: kafkajs takes its topics once and refuses
 * more while it runs. Its assigner is handed the very array at every join, so the array is brought up to date there;
 * and the error by which kafkajs tells itself that a topic has more partitions makes it join. Neighbour: adapter.ts.
 */
import { type Assigner, AssignerProtocol, type GroupMember, type GroupMemberAssignment } from 'kafkajs'
import type { Cluster } from './cluster.ts'
import { userData } from './predecessors.ts'

/** The same name and protocol as kafkajs' own: instances of an older version may share the group. */
const NAME = 'RoundRobinAssigner'
const VERSION = 0

export class Subscription {
  private topics: readonly string[] = []
  private isMember = false
  private isJoinWanted = false

  /** The first topics of a consumer that is about to run. */
  begin(topics: readonly string[]): void {
    this.topics = topics
    this.left()
  }

  joined(): void {
    this.isMember = true
  }

  /** The consumer crashed: the join that it begins by itself is enough. */
  left(): void {
    this.isMember = false
    this.isJoinWanted = false
  }

  /** From now on these; the members join again for it. The cluster must know the added ones. */
  change(topics: readonly string[]): void {
    this.topics = topics
    this.isJoinWanted = this.isMember
  }

  /** Before each of its idle rounds kafkajs asks the cluster to refresh: there it can be told to join. */
  watch(cluster: Cluster): void {
    const refresh = cluster.refreshMetadataIfNecessary.bind(cluster)
    cluster.refreshMetadataIfNecessary = async () => {
      if (!this.isJoinWanted) return refresh()
      this.isJoinWanted = false
      throw Object.assign(new Error('The topics to read have changed'), {
        name: 'KafkaJSStaleTopicMetadataAssignment',
      })
    }
  }

  /** Round robin as kafkajs does it, but a partition goes only to a member that subscribes to its topic. */
  assigner(cluster: Cluster): Assigner {
    return {
      name: NAME,
      version: VERSION,
      protocol: ({ topics }) => {
        topics.splice(0, topics.length, ...this.topics)
        this.isJoinWanted = false
        const metadata = { version: VERSION, topics, userData: userData() }
        return { name: NAME, metadata: AssignerProtocol.MemberMetadata.encode(metadata) }
      },
      assign: async ({ members, topics }) => assign(cluster, members, topics),
    }
  }
}

function assign(
  cluster: Cluster,
  members: readonly GroupMember[],
  topics: readonly string[],
): GroupMemberAssignment[] {
  const subscribers = members
    .map(({ memberId, memberMetadata }) => {
      const metadata = AssignerProtocol.MemberMetadata.decode(memberMetadata)
      return { memberId, topics: new Set(metadata?.topics), assignment: {} as Record<string, number[]> }
    })
    .sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
  let turn = 0
  for (const topic of topics) {
    const willing = subscribers.filter(subscriber => subscriber.topics.has(topic))
    for (const { partitionId } of willing.length === 0 ? [] : cluster.findTopicPartitionMetadata(topic)) {
      const { assignment } = willing[turn++ % willing.length]!
      assignment[topic] ??= []
      assignment[topic].push(partitionId)
    }
  }
  return subscribers.map(({ memberId, assignment }) => ({
    memberId,
    memberAssignment: AssignerProtocol.MemberAssignment.encode({
      version: VERSION,
      assignment,
      userData: Buffer.alloc(0),
    }),
  }))
}
