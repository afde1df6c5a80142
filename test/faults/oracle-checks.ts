/**
 * The invariants that need to know what the producers were acknowledged; what Postgres alone can tell any operator is in
 * src/store/verify/checks.ts. Each is a statement of which every row is a finding. The temporary tables: `oracle` is what
 * was acknowledged, `stored` what is there, `ends` where each partition's position is and ought to be. $1 is the topic.
 */

/** What a finding is called in the verdict; `other` has no column of its own. */
export type Harm = 'lost' | 'duplicated' | 'phantom' | 'reordered' | 'gaps' | 'other'

export interface OracleCheck {
  /** Its number in docs/faults.md. */
  readonly invariant: string
  readonly harm: Harm
  readonly name: string
  /** Rows with one column `finding`: what is wrong, in words. */
  readonly findings: string
}

const TOPIC = 'topic_id in (select topic_id from topics where topic = $1)'

/** Rows and dead letters alike; `text` holds the id of a record, whatever became of it. */
export const STORED = `create temporary table stored as
  select kafka_partition as kp, kafka_offset as koff, 'row' as kind,
    attrs ->> 'id' as id, message as text
  from logs where ${TOPIC}
  union all
  select kafka_partition, kafka_offset, 'dead letter', null, encode(raw, 'escape')
  from dead_letters where ${TOPIC} and replayed_at is null`

/** The position of each partition that has records or a position. */
export const ENDS = `create temporary table ends as
  select kp, coalesce(next_offset, 0) as next_offset, coalesce(acknowledged, 0) as acknowledged
  from (select kp, max(koff) + 1 as acknowledged from oracle group by kp) as o
    full join (select kafka_partition as kp, max(next_offset) as next_offset from offsets where ${TOPIC} group by 1) as p
      using (kp)`

const lost: OracleCheck = {
  invariant: 'I2',
  harm: 'lost',
  name: 'lost: acknowledged, passed by the position and not stored',
  findings: `
    select format('%s/%s %s', kp, koff, o.id) as finding
    from oracle o join ends using (kp) left join stored s using (kp, koff)
    where s.kind is null and koff < next_offset and not exists (select from offset_gaps g
      where g.${TOPIC} and g.kafka_partition = kp and koff >= g.first_offset and koff < g.next_offset)`,
}

const notAtEnd: OracleCheck = {
  invariant: 'I8',
  harm: 'other',
  name: 'positions that are not at the end',
  findings: `
    select format('%s: %s where %s was acknowledged', kp, next_offset, acknowledged) as finding
    from ends where acknowledged > 0 and next_offset <> acknowledged`,
}

const phantom: OracleCheck = {
  invariant: 'I3',
  harm: 'phantom',
  name: 'stored and never acknowledged',
  findings: `
    select format('%s/%s %s', kp, koff, kind) as finding
    from stored s left join oracle o using (kp, koff) where o.koff is null`,
}

const duplicated: OracleCheck = {
  invariant: 'I1',
  harm: 'duplicated',
  name: 'stored more than once',
  findings: `
    select format('%s/%s %s times', kp, koff, count(*)) as finding
    from stored group by kp, koff having count(*) > 1`,
}

const twoPlaces: OracleCheck = {
  invariant: 'I1',
  harm: 'duplicated',
  name: 'one id at two places',
  findings: `
    select format('id %s: %s times', id, count(*)) as finding
    from stored where id is not null group by id having count(distinct (kp, koff)) > 1`,
}

/** Stored at an offset at which another record was acknowledged; a dead letter has its id somewhere in its bytes. */
const OTHERS = `
  select kp, koff, coalesce(s.id, s.text) as found, o.id as acknowledged,
    exists (select from oracle p where p.kp = o.kp and p.id = s.id) as is_moved
  from oracle o join stored s using (kp, koff)
  where o.id is not null and s.id is distinct from o.id
    and (s.id is not null or s.text is null or s.text !~ (o.id || '([^0-9]|$)'))`

const others: OracleCheck = {
  invariant: 'I3',
  harm: 'phantom',
  name: 'another record than was acknowledged there',
  findings: `
    select format('%s/%s has %s, acknowledged was %s', kp, koff, found, acknowledged) as finding
    from (${OTHERS}) as others where not is_moved`,
}

const moved: OracleCheck = {
  invariant: 'I3',
  harm: 'reordered',
  name: 'a record that was acknowledged at another offset of its partition',
  findings: `
    select format('%s/%s has %s, acknowledged was %s', kp, koff, found, acknowledged) as finding
    from (${OTHERS}) as others where is_moved`,
}

const commitOrder: OracleCheck = {
  invariant: 'I6',
  harm: 'reordered',
  name: 'ranges of a partition that were committed in another order',
  findings: `
    select format('%s: the range from %s was committed before the one in front of it', kafka_partition, first_offset)
      as finding
    from (
      select *, lag(committed_at) over (partition by topic_id, kafka_partition order by first_offset) as before
      from ingest_ledger where ${TOPIC}
    ) as ranges where committed_at < before`,
}

const holes: OracleCheck = {
  invariant: 'I4',
  harm: 'gaps',
  name: 'offsets that the position has passed and nothing accounts for',
  findings: `
    select format('partition %s: %s offsets passed, %s stored, %s accounted for', kafka_partition,
      next_offset - start_offset, stored, left_out) as finding
    from (select *, (select count(distinct koff) from stored where kp = kafka_partition and koff < next_offset) as stored,
        (select coalesce(sum(dropped + expired + skipped + gap), 0) from ingest_ledger l
          where l.topic_id = o.topic_id and l.kafka_partition = o.kafka_partition) as left_out
      from offsets o where ${TOPIC}) as sums
    where next_offset - start_offset <> stored + left_out`,
}

const rollups: OracleCheck = {
  invariant: 'I5',
  harm: 'other',
  name: 'rollups that differ from a recount',
  findings: `
    (select format('rollup %s %s %s %s %s', bucket, service, severity, kafka_partition, records) as finding from (
      select bucket, service, severity, topic_id, kafka_partition, records from log_rollup_1m
      except all
      select date_trunc('minute', ts), coalesce(service, ''), severity, topic_id, kafka_partition, count(*)
      from logs group by 1, 2, 3, 4, 5) as surplus)
    union all
    (select format('recount %s %s %s %s %s', bucket, service, severity, kafka_partition, records) from (
      select date_trunc('minute', ts) as bucket, coalesce(service, '') as service, severity, topic_id, kafka_partition,
        count(*) as records
      from logs group by 1, 2, 3, 4, 5
      except all
      select bucket, service, severity, topic_id, kafka_partition, records from log_rollup_1m) as missing)`,
}

const stuck: OracleCheck = {
  invariant: 'I8',
  harm: 'other',
  name: 'transactions of a writer that nobody ends',
  findings: `
    select format('backend %s, %s, since %s: %s', pid, state, xact_start, left(query, 60)) as finding
    from pg_stat_activity
    where datname = current_database() and application_name like 'logcollector writer %'
      and xact_start < now() - interval '60 seconds'`,
}

export const oracleChecks: readonly OracleCheck[] = [
  lost,
  phantom,
  duplicated,
  twoPlaces,
  others,
  moved,
  commitOrder,
  holes,
  rollups,
  stuck,
]
/** Only where everything is over: a partition that is halted stands where it stands. */
export const endChecks: readonly OracleCheck[] = [notAtEnd]
