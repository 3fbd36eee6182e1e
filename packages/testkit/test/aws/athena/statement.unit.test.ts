import { athenaStatement } from '@tidewater/iceberg-ops'
import { describe, expect, it } from 'vitest'
import { parseStatement } from '../../../src/aws/athena/statement.js'

describe('OPTIMIZE and VACUUM', () => {
  it('are read as our own engine writes them', () => {
    const table = { database: 'web', name: '_clicks' }
    const where = { column: 'day', is: '=', value: "it's" } as const
    expect(parseStatement(athenaStatement({ operation: 'rewrite_data_files', where }, table))).toEqual({
      act: 'optimize',
      statementType: 'DML',
      substatementType: 'OPTIMIZE',
      table,
      where: "`day` = 'it\\'s'",
    })
    expect(parseStatement(athenaStatement({ operation: 'vacuum' }, table))).toMatchObject({
      act: 'vacuum',
      table,
    })
  })

  it.each([
    ['VACUUM Clicks ;', undefined, 'clicks'],
    ['vacuum `web`.`clicks`', 'web', 'clicks'],
    ['VACUUM -- all of it\n web.clicks', 'web', 'clicks'],
  ])('%s', (sql, database, name) => {
    expect(parseStatement(sql)).toMatchObject({ act: 'vacuum', table: { database, name } })
  })

  it('keep the operators of a predicate together', () => {
    const sql = 'OPTIMIZE t REWRITE DATA USING BIN_PACK WHERE "a">=1 AND b <> \'"\''
    expect(parseStatement(sql)).toMatchObject({ where: "`a`>=1 AND b <> '\"'" })
  })

  it.each([
    ['VACUUM "web".clicks', `line 1:8: mismatched input '"web"'`],
    ['VACUUM _clicks', "line 1:8: mismatched input '_clicks'"],
    ['VACUUM web.', "line 1:12: mismatched input '<EOF>'"],
    ['VACUUM clicks now', "line 1:15: mismatched input 'now'"],
    ['OPTIMIZE t\nREWRITE DATA', "line 2:13: mismatched input '<EOF>'"],
    ['OPTIMIZE t REWRITE DATA USING SORT', "line 1:31: mismatched input 'SORT'"],
    ['OPTIMIZE t REWRITE DATA USING BIN_PACK WHERE', "line 1:45: mismatched input '<EOF>'"],
    ['OPTIMIZE "t" REWRITE DATA USING BIN_PACK', `line 1:10: mismatched input '"t"'`],
    ['SELEC 1', "line 1:1: mismatched input 'SELEC'"],
    [' ', "line 1:2: mismatched input '<EOF>'"],
  ])('%s is a syntax error', (sql, problem) => {
    expect(parseStatement(sql)).toEqual({ problem })
  })
})

describe('in Spark SQL', () => {
  it.each([
    ['SELECT "a""b" FROM "AwsDataCatalog"."web"."t"', 'SELECT `a"b` FROM awsdatacatalog.`web`.`t`'],
    [`SELECT 'say "no"', 'it''s', 'a\\b'`, `SELECT 'say "no"', 'it\\'s', 'a\\\\b'`],
    ['SELECT 1; ', 'SELECT 1'],
    ['-- why\nSELECT `a`', 'SELECT `a`'],
    [
      'ALTER TABLE web.t SET TBLPROPERTIES ("a"="1", \'b\'=\'2\')',
      "ALTER TABLE web.t SET TBLPROPERTIES ('a'='1', 'b'='2')",
    ],
    [
      "CREATE TABLE t (a decimal(3, 1), ts timestamp) PARTITIONED BY (day(ts)) LOCATION 's3://b/t' TBLPROPERTIES ('table_type'='ICEBERG', 'format'='parquet', 'vacuum_min_snapshots_to_keep'='2')",
      "CREATE TABLE t (a decimal(3, 1), ts timestamp) USING iceberg PARTITIONED BY (day(ts)) LOCATION 's3://b/t' TBLPROPERTIES ('write.format.default'='parquet', 'vacuum_min_snapshots_to_keep'='2')",
    ],
    ["CREATE TABLE t (a int) TBLPROPERTIES ('table_type'='iceberg')", 'CREATE TABLE t (a int) USING iceberg'],
    ['CREATE DATABASE web', 'CREATE DATABASE web'],
  ])('%s', (sql, spark) => {
    expect(parseStatement(sql)).toMatchObject({ act: 'sql', sql: spark })
  })

  it.each([
    ['SELECT * FROM "web"."t$files"', 'SELECT * FROM `web`.`t`.`files`'],
    ['SELECT * FROM AwsDataCatalog.web."t$Refs" r', 'SELECT * FROM awsdatacatalog.web.`t`.`refs` r'],
    ['SELECT * FROM "t$history"', 'SELECT * FROM `mine`.`t`.`history`'],
    ['SELECT 1 FROM a, "t`$snapshots"', 'SELECT 1 FROM a, `mine`.`t```.`snapshots`'],
    [
      'SELECT 1 FROM a JOIN /* all */ "t$manifests" ON 1=1',
      'SELECT 1 FROM a JOIN /* all */ `mine`.`t`.`manifests` ON 1=1',
    ],
    ['SELECT 1 AS "t$files", \'"t$files"\'', 'SELECT 1 AS `t$files`, \'"t$files"\''],
    ['SELECT * FROM "t$all_entries"', 'SELECT * FROM `t$all_entries`'],
    ['INSERT INTO t SELECT * FROM "o$partitions"', 'INSERT INTO t SELECT * FROM `mine`.`o`.`partitions`'],
  ])('%s reads metadata', (sql, spark) => {
    expect(parseStatement(sql, 'mine')).toMatchObject({ sql: spark })
  })

  it.each([
    ['WITH a AS (SELECT 1) SELECT * FROM a', 'DML', 'SELECT', 'with-header'],
    ['INSERT INTO t VALUES (1)', 'DML', 'INSERT', 'none'],
    ['SHOW TABLES', 'UTILITY', 'SHOW', 'without-header'],
    ['DROP TABLE t', 'DDL', 'DROP_TABLE', 'none'],
  ])('%s has its kind and rows', (sql, statementType, substatementType, rows) => {
    expect(parseStatement(sql)).toMatchObject({ statementType, substatementType, rows })
  })
})
