const rows = (from: number, to: number) =>
  `INSERT INTO {table} SELECT id, timestamp'2026-01-30 22:30:00' + make_interval(0, 0, 0, 0, id), ` +
  `concat('r/', id % 3), cast(id * 1.25 as decimal(9, 2)), date'1969-12-30' + cast(id % 4 as int) ` +
  `FROM range(${from}, ${to})`

const create = (partitions: string, properties: Readonly<Record<string, string>>) => {
  const pairs = Object.entries(properties).map(([key, value]) => `'${key}' = '${value}'`)
  return (
    'CREATE TABLE {table} (id bigint, at timestamp, region string, amount decimal(9, 2), day date) USING iceberg ' +
    `${partitions} TBLPROPERTIES (${pairs.join(', ')})`
  )
}

const mergeOnRead = {
  'write.delete.mode': 'merge-on-read',
  'write.update.mode': 'merge-on-read',
  'write.merge.mode': 'merge-on-read',
}

/** A delete that Spark can't write: a file of values, rows that have one of which are gone. */
interface EqualityDelete {
  readonly equalityDelete: {
    readonly column: string
    readonly values: readonly (number | string)[]
    /** Columns that the table is partitioned by, as they are. */
    readonly partition?: Readonly<Record<string, string>>
  }
}

/** Tables of every kind that the metadata reader tells apart, by name: the statements that make them. */
export const tables = {
  empty: [create('', { 'format-version': '2' })],
  version_1: [
    create('PARTITIONED BY (region)', { 'format-version': '1' }),
    rows(0, 20),
    'ALTER TABLE {table} DROP PARTITION FIELD region',
    rows(20, 30),
    "DELETE FROM {table} WHERE region = 'r/1'",
  ],
  evolved: [
    create('PARTITIONED BY (days(at), region)', { 'format-version': '2', ...mergeOnRead }),
    rows(0, 60),
    'ALTER TABLE {table} ADD PARTITION FIELD bucket(4, id)',
    'ALTER TABLE {table} DROP PARTITION FIELD region',
    'ALTER TABLE {table} WRITE ORDERED BY id',
    rows(60, 90),
    'DELETE FROM {table} WHERE id % 7 = 0',
    'MERGE INTO {table} t USING (SELECT id FROM range(50, 70)) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET amount = 0',
    "CALL lake.system.rewrite_manifests(table => 'db.evolved')",
  ],
  days_and_regions: [
    create('PARTITIONED BY (days(at), region, truncate(10, id))', { 'format-version': '2' }),
    rows(0, 40),
    "INSERT INTO {table} VALUES (null, null, null, null, null), (-3, timestamp'1969-12-31 23:59:59', 'o''hare', 0, date'0999-01-01')",
  ],
  hours_and_dates: [
    create('PARTITIONED BY (hours(at), day)', { 'format-version': '2' }),
    rows(0, 10),
    "INSERT INTO {table} VALUES (1, timestamp'1969-12-31 23:59:59.999999', 'x', 0, date'1969-12-31')",
  ],
  every_transform: [
    create('PARTITIONED BY (truncate(10, id), hours(at), truncate(1, region), amount, day)', {
      'format-version': '2',
      'write.metadata.compression-codec': 'gzip',
    }),
    rows(0, 12),
    "INSERT INTO {table} VALUES (null, null, null, null, null), (-3, timestamp'1969-12-31 23:59:59', 'ü & x', -0.05, date'0999-01-01')",
  ],
  months_and_years: [
    create('PARTITIONED BY (months(at), years(day))', { 'format-version': '2' }),
    rows(0, 40),
    "INSERT INTO {table} VALUES (1, timestamp'1969-11-30 00:00:00', 'x', 1, date'1968-02-29')",
  ],
  deletion_vectors: [
    create('PARTITIONED BY (bucket(2, id))', { 'format-version': '3', ...mergeOnRead }),
    rows(0, 100),
    'DELETE FROM {table} WHERE id % 5 = 0',
    'DELETE FROM {table} WHERE id % 3 = 0',
    rows(100, 120),
  ],
  equality_deletes: [
    create('PARTITIONED BY (region)', { 'format-version': '2', ...mergeOnRead }),
    rows(0, 30),
    { equalityDelete: { column: 'id', values: [1, 4, 7], partition: { region: 'r/1' } } },
    { equalityDelete: { column: 'id', values: [2, 5], partition: { region: 'r/2' } } },
    'DELETE FROM {table} WHERE id = 9',
    { equalityDelete: { column: 'id', values: [10], partition: { region: 'r/1' } } },
  ],
  deletes_of_both_kinds: [
    create('', { 'format-version': '2', ...mergeOnRead }),
    rows(0, 40),
    'DELETE FROM {table} WHERE id % 10 = 0',
    { equalityDelete: { column: 'region', values: ['r/1'] } },
    rows(40, 60),
    'DELETE FROM {table} WHERE id % 10 = 5',
  ],
  branches: [
    create('', { 'format-version': '2' }),
    rows(0, 10),
    'ALTER TABLE {table} CREATE TAG first RETAIN 30 DAYS',
    rows(10, 20),
    'ALTER TABLE {table} CREATE BRANCH audit RETAIN 7 DAYS WITH SNAPSHOT RETENTION 3 SNAPSHOTS 2 DAYS',
    rows(20, 25).replace('INSERT INTO {table}', 'INSERT INTO {table}.branch_audit'),
    rows(30, 40),
    'DELETE FROM {table} WHERE id < 35',
  ],
  expired: [
    create('PARTITIONED BY (region)', { 'format-version': '2' }),
    rows(0, 10),
    rows(10, 20),
    "DELETE FROM {table} WHERE region = 'r/0'",
    rows(20, 30),
    "CALL lake.system.expire_snapshots(table => 'db.expired', older_than => timestamp '2100-01-01 00:00:00', retain_last => 2)",
  ],
} satisfies Readonly<Record<string, readonly (string | EqualityDelete)[]>>
