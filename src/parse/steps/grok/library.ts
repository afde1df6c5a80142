/**
 * Named patterns for grok: the names that Logstash's documentation lists, with expressions of our own. They are
 * written without nested repetitions, so that what they are put together to is rarely slow.
 * Names: https://www.elastic.co/guide/en/logstash/current/plugins-filters-grok.html
 */

const byte = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])'
const v4 = `${byte}(?:\\.${byte}){3}`
const hextet = '[0-9A-Fa-f]{1,4}'
/** By how many groups stand before `::`; the first alternative that fits is also the longest. */
const ipv6 = [
  `(?:${hextet}:){7}${hextet}`,
  `(?:(?:${hextet}:){6}|::(?:[fF]{4}:)?)${v4}`,
  ...[1, 2, 3, 4, 5, 6].map(before => `(?:${hextet}:){1,${before}}(?::${hextet}){1,${7 - before}}`),
  `::${hextet}(?::${hextet}){0,6}`,
  `(?:${hextet}:){1,7}:`,
  '::',
].join('|')
const label = '[0-9A-Za-z](?:[0-9A-Za-z_-]{0,62})'

const basics = {
  WORD: '\\b\\w+\\b',
  NOTSPACE: '\\S+',
  SPACE: '\\s*',
  DATA: '.*?',
  GREEDYDATA: '.*',
  QUOTEDSTRING: `"(?:[^"\\\\]|\\\\.)*"|'(?:[^'\\\\]|\\\\.)*'`,
  QS: '%{QUOTEDSTRING}',
  INT: '[+-]?[0-9]+',
  POSINT: '\\b[1-9][0-9]*\\b',
  NONNEGINT: '\\b[0-9]+\\b',
  BASE10NUM: '[+-]?(?:[0-9]+(?:\\.[0-9]+)?|\\.[0-9]+)',
  NUMBER: '%{BASE10NUM}',
  BASE16NUM: '[+-]?(?:0x)?[0-9A-Fa-f]+',
  BASE16FLOAT: '[+-]?(?:0x)?(?:[0-9A-Fa-f]+(?:\\.[0-9A-Fa-f]*)?|\\.[0-9A-Fa-f]+)',
  UUID: '[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}',
  URN: 'urn:[0-9A-Za-z][0-9A-Za-z-]{0,31}:[^\\s"<>]+',
  USERNAME: '[a-zA-Z0-9._-]+',
  USER: '%{USERNAME}',
  EMAILLOCALPART: "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}",
  EMAILADDRESS: '%{EMAILLOCALPART}@%{HOSTNAME}',
  LOGLEVEL:
    '[Tt]race|TRACE|[Dd]ebug|DEBUG|[Nn]otice|NOTICE|[Ii]nfo(?:rmation)?|INFO(?:RMATION)?|[Ww]arn(?:ing)?|WARN(?:ING)?|[Ee]rr(?:or)?|ERR(?:OR)?|[Cc]rit(?:ical)?|CRIT(?:ICAL)?|[Ff]atal|FATAL|[Ss]evere|SEVERE|[Aa]lert|ALERT|[Ee]merg(?:ency)?|EMERG(?:ENCY)?|[Pp]anic|PANIC',
} as const

const network = {
  IPV4: `\\b${v4}\\b`,
  IPV6: ipv6,
  IP: '%{IPV6}|%{IPV4}',
  HOSTNAME: `\\b${label}(?:\\.${label})*\\.?`,
  HOST: '%{HOSTNAME}',
  IPORHOST: '%{IP}|%{HOSTNAME}',
  HOSTPORT: '(?:%{IPORHOST}):%{POSINT}',
  CISCOMAC: '(?:[0-9A-Fa-f]{4}\\.){2}[0-9A-Fa-f]{4}',
  WINDOWSMAC: '(?:[0-9A-Fa-f]{2}-){5}[0-9A-Fa-f]{2}',
  COMMONMAC: '(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}',
  MAC: '%{CISCOMAC}|%{WINDOWSMAC}|%{COMMONMAC}',
} as const

const paths = {
  UNIXPATH: '(?:/[\\w_%!$@:.,+~-]*)+',
  WINPATH: '(?:[A-Za-z]:|\\\\)(?:\\\\[^\\\\?*\\s]*)+',
  PATH: '%{UNIXPATH}|%{WINPATH}',
  TTY: '/dev/(?:pts/[0-9]+|tty[A-Za-z]*[0-9]*)',
  URIPROTO: '[A-Za-z][A-Za-z0-9+.-]*',
  URIHOST: '%{IPORHOST}(?::%{POSINT})?',
  URIPATH: "/[A-Za-z0-9$.+!*'(){},~:;=@#%&_/-]*",
  URIQUERY: "[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?<>\\[\\]-]*",
  URIPARAM: '\\?%{URIQUERY}',
  URIPATHPARAM: '%{URIPATH}(?:%{URIPARAM})?',
  URI: '%{URIPROTO}://(?:%{USER}(?::[^@\\s/]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?',
} as const

const times = {
  MONTH:
    '\\b(?:[Jj]an(?:uary)?|[Ff]eb(?:ruary)?|[Mm]ar(?:ch)?|[Aa]pr(?:il)?|[Mm]ay|[Jj]une?|[Jj]uly?|[Aa]ug(?:ust)?|[Ss]ep(?:t(?:ember)?)?|[Oo]ct(?:ober)?|[Nn]ov(?:ember)?|[Dd]ec(?:ember)?)\\b',
  MONTHNUM: '1[0-2]|0?[1-9]',
  MONTHNUM2: '1[0-2]|0[1-9]',
  MONTHDAY: '3[01]|[12][0-9]|0?[1-9]',
  DAY: '\\b(?:[Mm]on(?:day)?|[Tt]ue(?:sday)?|[Ww]ed(?:nesday)?|[Tt]hu(?:rsday)?|[Ff]ri(?:day)?|[Ss]at(?:urday)?|[Ss]un(?:day)?)\\b',
  YEAR: '[0-9]{4}|[0-9]{2}',
  HOUR: '2[0-4]|[01][0-9]|[0-9]',
  MINUTE: '[0-5][0-9]',
  SECOND: '(?:[0-5][0-9]|[0-9]|60)(?:[:.,][0-9]+)?',
  TIME: '%{HOUR}:%{MINUTE}(?::%{SECOND})?',
  DATE_US: '%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}',
  DATE_EU: '%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}',
  DATE: '%{DATE_US}|%{DATE_EU}',
  DATESTAMP: '%{DATE}[- ]%{TIME}',
  ISO8601_TIMEZONE: 'Z|[+-]%{HOUR}(?::?%{MINUTE})',
  ISO8601_SECOND: '%{SECOND}',
  TIMESTAMP_ISO8601:
    '[0-9]{4}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:?[0-5][0-9](?::?[0-6][0-9](?:[.,][0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?',
  TZ: '[APMCE][SD]T|UTC|GMT',
  DATESTAMP_RFC822: '%{DAY} %{MONTH} %{MONTHDAY} %{YEAR} %{TIME} %{TZ}',
  DATESTAMP_RFC2822: '%{DAY}, %{MONTHDAY} %{MONTH} %{YEAR} %{TIME} (?:%{TZ}|[+-][0-9]{4})',
  DATESTAMP_OTHER: '%{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{TZ} %{YEAR}',
  DATESTAMP_EVENTLOG: '[0-9]{4}%{MONTHNUM2}%{MONTHDAY}%{HOUR}%{MINUTE}[0-5][0-9]',
  HTTPDATE: '%{MONTHDAY}/%{MONTH}/[0-9]{4}:%{TIME} [+-][0-9]{4}',
  HTTPDERROR_DATE: '%{DAY} %{MONTH} %{MONTHDAY} %{TIME} [0-9]{4}',
  SYSLOGTIMESTAMP: '%{MONTH} +%{MONTHDAY} %{TIME}',
} as const

const lines = {
  PROG: '[\\x21-\\x5a\\x5c\\x5e-\\x7e]+',
  SYSLOGPROG: '%{PROG:program}(?:\\[%{POSINT:pid:int}\\])?',
  SYSLOGHOST: '%{IPORHOST}',
  SYSLOGFACILITY: '<%{NONNEGINT:facility:int}\\.%{NONNEGINT:priority:int}>',
  SYSLOGBASE: '%{SYSLOGTIMESTAMP:timestamp} (?:%{SYSLOGFACILITY} )?%{SYSLOGHOST:logsource} +%{SYSLOGPROG}:',
  SYSLOGLINE: '%{SYSLOGBASE} +%{GREEDYDATA:message}',
  HTTPDUSER: '[^\\s"]+',
  HTTPD_COMMONLOG:
    '(?<clientip>[^\\s"]{1,255}) %{HTTPDUSER:ident} %{HTTPDUSER:auth} \\[%{HTTPDATE:timestamp}\\] "(?:%{WORD:verb} %{NOTSPACE:request}(?: HTTP/%{NUMBER:httpversion})?|(?<rawrequest>[^"]*))" (?:%{INT:response:int}|-) (?:%{INT:bytes:int}|-)',
  HTTPD_COMBINEDLOG: '%{HTTPD_COMMONLOG} "(?<referrer>(?:[^"\\\\]|\\\\.)*)" "(?<agent>(?:[^"\\\\]|\\\\.)*)"',
  COMMONAPACHELOG: '%{HTTPD_COMMONLOG}',
  COMBINEDAPACHELOG: '%{HTTPD_COMBINEDLOG}',
  JAVACLASS: '[a-zA-Z$_][a-zA-Z$_0-9]*(?:\\.[a-zA-Z$_][a-zA-Z$_0-9]*)*',
  JAVAFILE: '[a-zA-Z$_0-9. -]+',
  JAVAMETHOD: '<(?:cl)?init>|[a-zA-Z$_][a-zA-Z$_0-9]*',
  JAVASTACKTRACEPART:
    'at %{JAVACLASS:class}\\.%{JAVAMETHOD:method}\\((?:%{JAVAFILE:file}(?::%{NONNEGINT:line:int})?)?\\)',
} as const

/** Expression by name; it may refer to others. */
export const grokLibrary: Readonly<Record<string, string>> = {
  ...basics,
  ...network,
  ...paths,
  ...times,
  ...lines,
}
