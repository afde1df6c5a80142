/**
 * A decoded ExportLogsServiceRequest, the same from JSON and from protobuf. decode.ts makes it, records.ts reads it.
 * Numbers of 64 bits are texts; ids are hex. Whatever is missing on the wire is missing here.
 */

export interface LogsRequest {
  readonly resourceLogs?: readonly ResourceLogs[]
}

interface ResourceLogs {
  readonly resource?: { readonly attributes?: readonly KeyValue[] }
  readonly scopeLogs?: readonly ScopeLogs[]
}

interface ScopeLogs {
  readonly scope?: { readonly name?: string; readonly version?: string }
  readonly logRecords?: readonly LogRecord[]
}

export interface LogRecord {
  readonly timeUnixNano?: string | number
  readonly observedTimeUnixNano?: string | number
  readonly severityNumber?: number | string
  readonly severityText?: string
  readonly body?: AnyValue
  readonly attributes?: readonly KeyValue[]
  readonly flags?: number
  readonly traceId?: string
  readonly spanId?: string
  readonly eventName?: string
}

export interface KeyValue {
  readonly key?: string
  readonly value?: AnyValue
}

/** One of them is set, or none: an empty value. */
export interface AnyValue {
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly intValue?: string | number
  readonly doubleValue?: number | string
  readonly arrayValue?: { readonly values?: readonly AnyValue[] }
  readonly kvlistValue?: { readonly values?: readonly KeyValue[] }
  /** base64. */
  readonly bytesValue?: string
}
