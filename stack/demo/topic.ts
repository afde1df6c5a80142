/** The demo's topic: made before anybody looks for it, and removed when the brokers are not the demo's own. */
import { type Admin, Kafka, logLevel } from 'kafkajs'

async function withAdmin(brokers: string, use: (admin: Admin) => Promise<unknown>): Promise<void> {
  const client = new Kafka({
    clientId: 'logcollector-demo',
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
  })
  const admin = client.admin()
  await admin.connect()
  try {
    await use(admin)
  } finally {
    await admin.disconnect()
  }
}

/** Resolves when every partition has a leader. `brokers`: host:port, separated by commas. */
export const createTopic = (brokers: string, topic: string, numPartitions: number): Promise<void> =>
  withAdmin(brokers, admin =>
    admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true }),
  )

export const removeTopic = (brokers: string, topic: string): Promise<void> =>
  withAdmin(brokers, admin => admin.deleteTopics({ topics: [topic] }))
