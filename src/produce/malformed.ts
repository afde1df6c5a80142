/**
 * The one record in a hundred that is not what a log shipper promises: plain text, cut JSON, bytes that are no UTF-8.
 * generate.ts mixes them in; each still carries its id somewhere.
 */
import type { Random } from './random.ts'
import type { Moment, ServiceModel } from './services.ts'

export const malformedKinds = ['text', 'truncated', 'not_utf8', 'no_object', 'unquoted', 'nul'] as const
export type MalformedKind = (typeof malformedKinds)[number]

/** Replaced by a byte that starts no UTF-8 sequence, after encoding; written by no service. */
export const notUtf8Mark = '\u0001'

/** A line of this kind; `notUtf8Mark` in it stands for an invalid byte. */
export function writeMalformed(
  kind: MalformedKind,
  service: ServiceModel,
  random: Random,
  moment: Moment,
): string {
  const { timeText, host, id } = moment
  const word = random.pick(['worker restarted', 'cannot open file', 'buffer flushed late'])
  switch (kind) {
    case 'text':
      return `${timeText} ${host} ${service.name}[${random.between(1, 9999)}]: ${word}, please look into it, id=${id}`
    case 'truncated': {
      const whole = `{"id":"${id}",${service.write(random, moment).slice(1)}`
      return whole.slice(0, Math.max(82, whole.length - random.between(2, 60)))
    }
    case 'not_utf8':
      return `{"ts":"${timeText}","level":"info","service":"${service.name}","msg":"caf${notUtf8Mark} ${word}","id":"${id}"}`
    case 'no_object':
      return `["${timeText}","${service.name}","${host}","${word}",{"id":"${id}"},null,true,12345]`
    case 'unquoted':
      return `{ts:"${timeText}", level: info, service:'${service.name}', msg:'${word}', id:'${id}',}`
    case 'nul':
      return `{"ts":"${timeText}","level":"info","service":"${service.name}","msg":"before\\u0000after ${word}","id":"${id}"}`
  }
}
