/** The undocumented parts of kafkajs 2.2.4 that the adapter stands on; pinned exactly and held by a contract test. */
declare module 'kafkajs/src/network/requestQueue/index.js' {
  interface RequestQueue {
    pending: unknown[]
    throttledUntil: number
    scheduleCheckPendingRequests(): void
  }
  const RequestQueueClass: { prototype: RequestQueue }
  export default RequestQueueClass
}

declare module 'kafkajs/src/network/connection.js' {
  export default class Connection {
    constructor(options: { host: string; port: number; logger: object; reauthenticationThreshold?: number })
    sessionLifetime: { toString(): string }
    readonly reauthenticationThreshold: number
  }
}

declare module 'kafkajs/src/protocol/requests/fetch/v11/request.js' {
  interface FetchV11 {
    replicaId: number
    maxWaitTime: number
    minBytes: number
    maxBytes: number
    isolationLevel: number
    topics: {
      topic: string
      partitions: { partition: number; fetchOffset: string; maxBytes: number }[]
    }[]
  }
  const createRequest: (options: FetchV11) => object
  export default createRequest
}

declare module 'kafkajs/src/protocol/decoder.js' {
  export default class Decoder {
    constructor(buffer: Buffer)
  }
}

declare module 'kafkajs/src/protocol/recordBatch/v0/decoder.js' {
  import type Decoder from 'kafkajs/src/protocol/decoder.js'

  interface DecodedRecord {
    offset: string
    timestamp: string
    key: Buffer | null
    value: Buffer | null
    headers: Record<string, Buffer | Buffer[] | null | undefined>
  }
  const decode: (batch: Decoder) => Promise<{ records: DecodedRecord[] }>
  export default decode
}

declare module 'kafkajs/src/protocol/error.js' {
  const protocolError: { createErrorFromCode(code: number): Error }
  export default protocolError
}
