/**
 * The questions that verify asks of Postgres: each one a statement whose every row is a finding, and one that says how
 * much was compared. The invariants of docs/faults.md that need no word of the producers: I1, I4, I5, I6; the others are in
 * test/faults/oracle-checks.ts. $1 is the time since which transactions count (null: all of them).
 */
export interface Check {
  readonly name: string
  /** It reads positions and ledger alone, so that it may run every minute beside the writers. */
  readonly isLight: boolean
  /** One row, one column `checked`: ranges, rows or groups compared. */
  readonly size: string
  /** Rows with one column `finding`: what is wrong, in words. */
  readonly findings: string
}

/** Stands for the rows in the statements: those of `logs` and of segments that are detached and not dropped yet. */
export const ROWS = '{rows}'

/** Partitions and the part of each that is looked at: from `lower` to next_offset; rows of it are not older than `oldest`. */
const SCOPE = `
  scope as (
    select o.topic_id, o.kafka_partition, o.next_offset, t.topic,
      case when $1::timestamptz is null then o.start_offset else min(l.first_offset) end as lower,
      coalesce(sum(l.stored), 0) as stored, coalesce(sum(l.dead), 0) as dead, min(l.min_ts) as oldest
    from offsets o join topics t using (topic_id)
      left join ingest_ledger l on l.topic_id = o.topic_id and l.kafka_partition = o.kafka_partition
        and ($1::timestamptz is null or l.committed_at >= $1)
    group by o.topic_id, o.kafka_partition, t.topic
    having $1::timestamptz is null or count(l.first_offset) > 0
  ),
  dead as (
    select d.topic_id, d.kafka_partition, d.kafka_offset, d.replayed_at, d.replayed_ts
    from scope s join dead_letters d using (topic_id, kafka_partition)
    where d.kafka_offset >= s.lower
  ),
  purged as (
    select s.topic_id, s.kafka_partition, sum(p.purged) as purged, sum(p.replayed) as replayed,
      min(p.replayed_min_ts) as oldest
    from scope s join dead_letters_purged p using (topic_id, kafka_partition)
    where p.first_offset >= s.lower
    group by s.topic_id, s.kafka_partition
  ),
  replayed as (
    select topic_id, kafka_partition, sum(replayed) as replayed, min(oldest) as oldest
    from (
      select topic_id, kafka_partition, 1 as replayed, replayed_ts as oldest from dead where replayed_at is not null
      union all
      select topic_id, kafka_partition, replayed, oldest from purged
    ) as both_kinds
    group by topic_id, kafka_partition
  ),
  stored as (
    select l.topic_id, l.kafka_partition, l.kafka_offset
    from scope s join ${ROWS} l using (topic_id, kafka_partition)
    where l.kafka_offset >= s.lower and ($1::timestamptz is null
      or l.ts >= least((select min(oldest) from scope), (select min(oldest) from replayed)))
  ),
  removed as (
    select s.topic_id, s.kafka_partition, sum(r.rows) as removed
    from scope s join removed_rows r using (topic_id, kafka_partition)
    where r.first_offset >= s.lower
    group by s.topic_id, s.kafka_partition
  )`

const adjacency: Check = {
  name: 'ledger ranges are adjacent',
  isLight: true,
  size: `with ${SCOPE} select count(*) as checked from scope s join ingest_ledger l using (topic_id, kafka_partition)
    where l.first_offset >= s.lower`,
  findings: `with ${SCOPE},
    ranges as (
      select s.topic, s.kafka_partition, l.first_offset, l.next_offset, s.lower,
        coalesce(lag(l.next_offset) over part, s.lower) as expected
      from scope s join ingest_ledger l using (topic_id, kafka_partition)
      where l.first_offset >= s.lower
      window part as (partition by s.topic_id, s.kafka_partition order by l.first_offset)
    ),
    ends as (
      select s.topic, s.kafka_partition, s.next_offset, s.lower, max(l.next_offset) as last
      from scope s left join ingest_ledger l on l.topic_id = s.topic_id and l.kafka_partition = s.kafka_partition
        and l.first_offset >= s.lower
      group by s.topic, s.kafka_partition, s.next_offset, s.lower
    )
    select format('%s/%s: a range begins at %s where %s was expected', topic, kafka_partition, first_offset, expected) as finding
    from ranges where first_offset <> expected
    union all
    select format('%s/%s: the ledger ends at %s, the position is %s', topic, kafka_partition, coalesce(last, lower), next_offset)
    from ends where coalesce(last, lower) <> next_offset`,
}

const equation: Check = {
  name: 'each range adds up',
  isLight: true,
  size: `with ${SCOPE} select count(*) as checked from scope s join ingest_ledger l using (topic_id, kafka_partition)
    where l.first_offset >= s.lower`,
  findings: `with ${SCOPE}
    select format('%s/%s: offsets %s to %s are %s stored, %s dead, %s dropped, %s expired, %s skipped, %s gap',
      s.topic, kafka_partition, l.first_offset, l.next_offset, l.stored, l.dead, l.dropped, l.expired, l.skipped, l.gap) as finding
    from scope s join ingest_ledger l using (topic_id, kafka_partition)
    where l.first_offset >= s.lower
      and l.next_offset - l.first_offset <> l.stored + l.dead + l.dropped + l.expired + l.skipped + l.gap`,
}

const counts: Check = {
  name: 'rows and dead letters are as many as the ledger says',
  isLight: false,
  size: `with ${SCOPE} select (select count(*) from stored) + (select count(*) from dead) as checked`,
  findings: `with ${SCOPE},
    found as (
      select topic_id, kafka_partition, count(*) filter (where is_row) as stored, count(*) filter (where not is_row) as dead,
        count(*) filter (where kafka_offset >= next_offset) as ahead
      from (
        select topic_id, kafka_partition, kafka_offset, true as is_row from stored
        union all
        select topic_id, kafka_partition, kafka_offset, false from dead
      ) as both_tables
        join scope using (topic_id, kafka_partition)
      group by topic_id, kafka_partition
    )
    select format('%s/%s: %s rows and %s removed ones where the ledger has %s and %s were replayed, %s dead letters and %s purged ones where it has %s, %s of them beyond the position',
      s.topic, s.kafka_partition, coalesce(f.stored, 0), coalesce(g.removed, 0), s.stored, coalesce(r.replayed, 0),
      coalesce(f.dead, 0), coalesce(p.purged, 0), s.dead, coalesce(f.ahead, 0)) as finding
    from scope s left join found f using (topic_id, kafka_partition) left join removed g using (topic_id, kafka_partition)
      left join replayed r using (topic_id, kafka_partition) left join purged p using (topic_id, kafka_partition)
    where coalesce(f.stored, 0) + coalesce(g.removed, 0) <> s.stored + coalesce(r.replayed, 0)
      or coalesce(f.dead, 0) + coalesce(p.purged, 0) <> s.dead or coalesce(f.ahead, 0) <> 0`,
}

const uniqueness: Check = {
  name: 'no record is there twice',
  isLight: false,
  size: counts.size,
  findings: `with ${SCOPE}
    select format('%s/%s: offset %s is there %s times', s.topic, kafka_partition, kafka_offset, copies) as finding
    from (
      select topic_id, kafka_partition, kafka_offset, count(*) as copies
      from (
        select * from stored
        union all
        select topic_id, kafka_partition, kafka_offset from dead where replayed_at is null
      ) as both_tables
      group by topic_id, kafka_partition, kafka_offset having count(*) > 1
    ) as doubles join scope s using (topic_id, kafka_partition)`,
}

/**
 * Buckets are compared whole, from the minute after `since`: a bucket may hold rows of older transactions too. Where a
 * batch had more keys than it may count, the surplus stands under '(other)', and only the sum over the services says
 * something. Where a segment was removed, rows are missing, and nothing is compared.
 */
const rollups: Check = {
  name: 'rollups equal a recount',
  isLight: false,
  size: `select count(*) as checked from log_rollup_1m where $1::timestamptz is null or bucket > $1`,
  findings: `
    with folded as (
      select distinct bucket, topic_id, kafka_partition, true as is_folded from log_rollup_1m where service = '(other)'
    ),
    counted as (
      select bucket, service, severity, topic_id, kafka_partition, records, 0 as recount
      from log_rollup_1m where $1::timestamptz is null or bucket > $1
      union all
      select date_trunc('minute', ts), coalesce(service, ''), severity, topic_id, kafka_partition, 0, count(*)
      from ${ROWS} l where $1::timestamptz is null or ts > date_trunc('minute', $1::timestamptz) + interval '1 minute'
      group by 1, 2, 3, 4, 5
    ),
    compared as (
      select bucket, case when is_folded then '(any)' else service end as service, severity, topic_id, kafka_partition,
        sum(records) as records, sum(recount) as recount
      from counted left join folded using (bucket, topic_id, kafka_partition)
      group by 1, 2, 3, 4, 5
    )
    select format('%s, service %L, severity %s, topic %s, partition %s: rollup has %s, recount %s', bucket, service,
      severity, topic_id, kafka_partition, records, recount) as finding
    from compared
    where records <> recount
      and ($1::timestamptz is null or bucket > date_trunc('minute', $1::timestamptz) + interval '1 minute')
      and not exists (select from removed_segments g where bucket >= g.from_ts and bucket < g.to_ts)`,
}

/** Allowed by kafka.on_gap or written by hand: each is named in offset_gaps. `checked` is what they leave out. */
export const gaps: Check = {
  name: 'gaps are those that were allowed',
  isLight: true,
  size: `with ${SCOPE} select coalesce(sum(l.gap), 0) as checked
    from scope s join ingest_ledger l using (topic_id, kafka_partition) where l.first_offset >= s.lower`,
  findings: `with ${SCOPE},
    counted as (
      select s.topic, s.topic_id, s.kafka_partition,
        (select coalesce(sum(l.gap), 0) from ingest_ledger l where l.topic_id = s.topic_id
          and l.kafka_partition = s.kafka_partition and l.first_offset >= s.lower) as in_ledger,
        (select coalesce(sum(g.next_offset - g.first_offset), 0) from offset_gaps g where g.topic_id = s.topic_id
          and g.kafka_partition = s.kafka_partition and g.first_offset >= s.lower) as allowed
      from scope s
    )
    select format('%s/%s: gaps of %s offsets in the ledger, %s in offset_gaps', topic, kafka_partition, in_ledger, allowed)
      as finding
    from counted where in_ledger <> allowed`,
}

export const checks: readonly Check[] = [adjacency, equation, counts, uniqueness, rollups, gaps]
