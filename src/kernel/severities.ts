/**
 * Names of severities and the OpenTelemetry severity numbers that they stand for. Any case; a field that holds
 * something else stays in attrs. The kernel gets them as a name table (slot.ts).
 * Source: OpenTelemetry, Logs Data Model, "Severity Fields" and appendix B (syslog, java.util.logging, Zap).
 */
export const severityNames: Readonly<Record<string, number>> = {
  trace: 1,
  finest: 1,
  verbose: 1,
  silly: 1,
  debug: 5,
  dbg: 5,
  finer: 5,
  fine: 6,
  config: 8,
  info: 9,
  information: 9,
  informational: 9,
  inf: 9,
  notice: 10,
  warn: 13,
  warning: 13,
  wrn: 13,
  error: 17,
  err: 17,
  severe: 17,
  critical: 18,
  crit: 18,
  alert: 19,
  fatal: 21,
  ftl: 21,
  emerg: 21,
  emergency: 21,
  panic: 21,
}

/** RFC 5424's numbers 0 to 7, by index; what the kernel makes of small numbers. */
export const syslogSeverities: readonly number[] = [21, 19, 18, 17, 13, 10, 9, 5]
