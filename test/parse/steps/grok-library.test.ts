/** Every pattern of src/parse/steps/grok/library.ts: what it matches as a whole, and what it does not. */
import * as assert from 'uvu/assert'
import { expandGrok } from '../../../src/parse/steps/grok/expand.ts'
import { grokLibrary } from '../../../src/parse/steps/grok/library.ts'
import { compilePattern, type Engine } from '../../../src/parse/steps/pattern.ts'
import { suite } from '../../support/suite.ts'

const test = suite('parse/steps/grok-library')
const access = '::1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 2326'
const combined = `${access} "-" "curl/8 \\"x\\""`

/** What matches, then what does not. */
const examples: Readonly<Record<string, readonly [readonly string[], readonly string[]]>> = {
  WORD: [['word', 'w_1'], ['two words']],
  NOTSPACE: [['a-b!'], ['a b']],
  SPACE: [['', ' \t'], ['x']],
  DATA: [['', 'any thing'], ['two\nlines']],
  GREEDYDATA: [['', 'any thing'], ['two\nlines']],
  QUOTEDSTRING: [
    ['"a \\" b"', "'a'", '""'],
    ['"a', 'a'],
  ],
  QS: [['"x"'], ['x']],
  INT: [
    ['-12', '+3', '007'],
    ['1.5', ''],
  ],
  POSINT: [['12'], ['0', '-1']],
  NONNEGINT: [['0', '12'], ['-1']],
  BASE10NUM: [
    ['1', '-1.5', '.5'],
    ['1.', 'x'],
  ],
  NUMBER: [['1', '-1.5'], ['1e']],
  BASE16NUM: [['0xfF', 'beef'], ['0xg']],
  BASE16FLOAT: [['0x1.8', 'a.b', '.f'], ['0x.']],
  UUID: [['123e4567-e89b-12d3-a456-426614174000'], ['123e4567e89b12d3a456426614174000']],
  URN: [['urn:isbn:0451450523'], ['isbn:1']],
  USERNAME: [['a.b_c-1'], ['a b']],
  USER: [['alice'], ['a@b']],
  EMAILLOCALPART: [['a.b+c'], ['a b']],
  EMAILADDRESS: [['a.b+c@mail.example.com'], ['a@', '@b']],
  LOGLEVEL: [['ERROR', 'warn', 'Information', 'EMERG', 'panic', 'crit'], ['loud']],
  IPV4: [
    ['127.0.0.1', '255.255.255.255'],
    ['256.1.1.1', '1.2.3'],
  ],
  IPV6: [
    [
      '::1',
      '::',
      'fe80::1',
      '1:2:3:4:5:6:7:8',
      '1::2:3',
      '2001:db8::',
      '::ffff:192.0.2.1',
      '1:2:3:4:5:6:7::',
    ],
    ['1:2', '1:2:3:4:5:6:7:8:9', 'g::1'],
  ],
  IP: [['10.0.0.1', '2001:db8::7'], ['localhost']],
  HOSTNAME: [
    ['example.com', 'host-1', 'a.b.'],
    ['-', 'a b'],
  ],
  HOST: [['example.com'], ['']],
  IPORHOST: [['10.0.0.1', 'example.com', '::1'], ['']],
  HOSTPORT: [
    ['example.com:80', '10.0.0.1:8080'],
    ['example.com', 'a:x'],
  ],
  CISCOMAC: [['0011.2233.aabb'], ['0011.2233']],
  WINDOWSMAC: [['00-11-22-AA-BB-CC'], ['00:11:22:AA:BB:CC']],
  COMMONMAC: [['00:11:22:aa:bb:cc'], ['00:11:22']],
  MAC: [['0011.2233.aabb', '00-11-22-AA-BB-CC', '00:11:22:aa:bb:cc'], ['x']],
  UNIXPATH: [['/var/log/app-1.log', '/'], ['var']],
  WINPATH: [['C:\\Windows\\x.dll', '\\\\server\\share'], ['/x']],
  PATH: [['/etc', 'C:\\x'], ['x']],
  TTY: [['/dev/pts/0', '/dev/ttyS1'], ['/dev/null']],
  URIPROTO: [['https', 'svn+ssh'], ['1x']],
  URIHOST: [['example.com:8080', '10.0.0.1'], [':80']],
  URIPATH: [
    ['/a/b-c.html', '/'],
    ['a', '/a?b'],
  ],
  URIQUERY: [['a=1&b=2', ''], ['a b']],
  URIPARAM: [['?a=1'], ['a=1']],
  URIPATHPARAM: [['/a?b=1', '/a'], ['?b']],
  URI: [['https://user:pw@example.com:8080/a?b=c', 'file:///etc/hosts'], ['example.com']],
  MONTH: [['Jan', 'september', 'Dec'], ['Foo']],
  MONTHNUM: [
    ['1', '01', '12'],
    ['13', '0'],
  ],
  MONTHNUM2: [['01', '12'], ['1']],
  MONTHDAY: [
    ['1', '09', '31'],
    ['32', '0'],
  ],
  DAY: [['Mon', 'thursday'], ['Foo']],
  YEAR: [['2026', '26'], ['202']],
  HOUR: [['0', '09', '23'], ['25']],
  MINUTE: [['00', '59'], ['60']],
  SECOND: [['00', '59.123', '60'], ['61']],
  TIME: [
    ['13:55', '13:55:36', '1:02:03.004'],
    ['13', '25:00'],
  ],
  DATE_US: [['10/31/2026', '1-2-26'], ['31/10/2026']],
  DATE_EU: [['31.10.2026', '1-2-26'], ['10/31/2026']],
  DATE: [['10/31/2026', '31.10.2026'], ['2026']],
  DATESTAMP: [['31.10.2026 13:55:36'], ['31.10.2026']],
  ISO8601_TIMEZONE: [['Z', '+0200', '-07:00'], ['CET']],
  ISO8601_SECOND: [['59.5'], ['x']],
  TIMESTAMP_ISO8601: [
    ['2026-10-31T13:55:36.123Z', '2026-10-31 13:55', '2026-01-02T03:04:05+02:00'],
    ['2026-10-31'],
  ],
  TZ: [['UTC', 'PST'], ['XYZ']],
  DATESTAMP_RFC822: [['Mon Oct 31 2026 13:55:36 UTC'], ['Mon']],
  DATESTAMP_RFC2822: [['Sat, 31 Oct 2026 13:55:36 +0100'], ['Sat']],
  DATESTAMP_OTHER: [['Sat Oct 31 13:55:36 UTC 2026'], ['Sat']],
  DATESTAMP_EVENTLOG: [['20261031135536'], ['2026']],
  HTTPDATE: [['10/Oct/2000:13:55:36 -0700'], ['10/Oct/2000']],
  HTTPDERROR_DATE: [['Sat Oct 31 13:55:36 2026'], ['Sat']],
  SYSLOGTIMESTAMP: [['Oct  1 13:55:36', 'Oct 31 13:55:36'], ['Oct 31']],
  PROG: [
    ['sshd', 'app/1.2'],
    ['a[1]', 'a b'],
  ],
  SYSLOGPROG: [['sshd[4711]', 'kernel'], ['a b']],
  SYSLOGHOST: [['web-1', '10.0.0.1'], ['']],
  SYSLOGFACILITY: [['<3.6>'], ['<3>']],
  SYSLOGBASE: [['Oct 31 13:55:36 web-1 sshd[4711]:'], ['Oct 31 13:55:36 web-1']],
  SYSLOGLINE: [['Oct 31 13:55:36 web-1 sshd[4711]: Accepted key'], ['x']],
  HTTPDUSER: [['alice', '-'], ['a b']],
  HTTPD_COMMONLOG: [[access, access.replace('GET / HTTP/1.0', '\\x16\\x03')], [`${access} x`]],
  HTTPD_COMBINEDLOG: [[combined], [access]],
  COMMONAPACHELOG: [[access], ['x']],
  COMBINEDAPACHELOG: [[combined], ['x']],
  JAVACLASS: [['com.example.Main$1'], ['1x']],
  JAVAFILE: [['Main.java'], ['']],
  JAVAMETHOD: [['<init>', 'run', 'lambda$0'], ['<x>']],
  JAVASTACKTRACEPART: [['at com.example.Main.run(Main.java:42)', 'at a.B.<init>()'], ['at x']],
}

test('every name has its examples', () => {
  assert.equal(Object.keys(examples).sort(), Object.keys(grokLibrary).sort())
})

for (const engine of ['native', 're2'] as const satisfies readonly Engine[])
  test(`each matches its examples as a whole, in the engine ${engine}`, () => {
    const wrong: string[] = []
    for (const [name, [right, others]] of Object.entries(examples)) {
      const source = `^${expandGrok(`%{${name}:all}`, {})}$`
      const { match } = compilePattern(source, 'pattern', { engine, unsafe: 'forbid' })
      for (const text of right) if (match(text)?.[1] !== text) wrong.push(`${name} does not match ${text}`)
      for (const text of others) if (match(text)) wrong.push(`${name} matches ${text}`)
    }
    assert.equal(wrong, [])
  })

test('an address is found in its whole length in the middle of a text', () => {
  const { match } = compilePattern(expandGrok('%{IP:ip}', {}), 'pattern', {
    engine: 'native',
    unsafe: 'forbid',
  })
  for (const ip of ['1::2:3', '2001:db8::7', '::1', '10.1.2.3', '1:2:3:4:5:6:7:8', '::ffff:10.0.0.1'])
    assert.is(match(`from ${ip} to`)?.[1], ip)
})

test.run()
