import { expect, test } from 'vitest'
import { EventQueue } from '../../src/spark/event-queue.js'
import { failureOf, parseEvent } from '../../src/spark/events.js'
import { outcomeOf } from '../../src/spark/run-spark-module.js'
import { renderSparkDefaults, sparkEnvironment, sparkPaths } from '../../src/spark/spark-files.js'

const plan = {
  stateFolder: '/state',
  runName: 'job-1',
  jarsFolders: ['/cache/spark jars', '/cache/decoder'],
  cores: 3,
  driverMemoryMb: 700,
  sparkConf: {},
  classes: { archiveFile: '/cache/spark classes/spark.jsa', confFolder: '/cache/conf' },
}

test('the settings of a local Spark', () => {
  expect(renderSparkDefaults(plan).split('\n')).toEqual([
    'spark.master=local[3]',
    'spark.driver.memory=700m',
    'spark.driver.host=127.0.0.1',
    'spark.driver.bindAddress=127.0.0.1',
    'spark.ui.enabled=false',
    'spark.ui.showConsoleProgress=false',
    'spark.sql.warehouse.dir=/state/warehouse',
    'spark.sql.session.timeZone=UTC',
    'spark.sql.shuffle.partitions=6',
    '',
  ])
})

test("the caller's settings win", () => {
  const text = renderSparkDefaults({ ...plan, sparkConf: { 'spark.ui.enabled': 'true', 'spark.x': 'y' } })
  expect(text).toContain('spark.ui.enabled=true\n')
  expect(text).not.toContain('spark.ui.enabled=false')
  expect(text).toContain('spark.x=y\n')
})

test('another Spark or Python on the machine does not reach the run', () => {
  const env = sparkEnvironment(
    {
      PATH: '/bin',
      SPARK_HOME: '/opt/spark',
      PYSPARK_SUBMIT_ARGS: '--master yarn',
      PYTHONHOME: '/py',
      PYTHONPATH: '/elsewhere',
      HADOOP_CONF_DIR: '/etc/hadoop',
      AWS_REGION: 'eu-west-1',
      TIDEWATER_JVM_OPTIONS: '-Xss4m',
    },
    plan,
    { command: '/venv/bin/python', path: ['/mine', '/spark'] },
  )
  expect(env).toMatchObject({
    PATH: '/bin',
    AWS_REGION: 'eu-west-1',
    PYTHONPATH: '/mine:/spark',
    PYSPARK_PYTHON: '/venv/bin/python',
    SPARK_CONF_DIR: '/cache/conf',
    SPARK_DIST_CLASSPATH: '/cache/spark jars/*:/cache/decoder/*',
    SPARK_SUBMIT_OPTS:
      `-Dlog4j2.configurationFile=${sparkPaths(plan).log4jFile} -Xss4m "-XX:SharedArchiveFile=/cache/spark classes/spark.jsa" ` +
      '-Xshare:auto -Xlog:disable -Xlog:all=error:stderr',
    SPARK_LOCAL_IP: '127.0.0.1',
  })
  for (const name of ['SPARK_HOME', 'PYSPARK_SUBMIT_ARGS', 'PYTHONHOME', 'HADOOP_CONF_DIR'])
    expect(env).not.toHaveProperty(name)
})

test('only JSON objects that name an event are events', () => {
  expect(parseEvent('{"event":"batch","rows":3}')).toEqual({ event: 'batch', rows: 3 })
  for (const line of ['', 'text', '{"rows":3}', '{"event":3}', '{"event":', '["event"]', 'null'])
    expect(parseEvent(line)).toBeUndefined()
})

test('a failed event is the error it tells of', () => {
  const failed = {
    event: 'failed',
    code: 'topic-not-found',
    message: 'Topic flows does not exist',
    remedy: 'Create it.',
    topic: 'flows',
  }
  expect(failureOf(failed, 'm', '/log')).toMatchObject({
    code: 'TOPIC_NOT_FOUND',
    message: 'Topic flows does not exist',
    remedy: 'Create it.',
    details: { topic: 'flows', sparkCode: 'topic-not-found', module: 'm', logFile: '/log' },
  })
  expect(failureOf({ event: 'failed', code: 'stream-failed' }, 'm', '/log')).toMatchObject({
    code: 'JOB_FAILED',
    remedy: 'Read the log: /log',
  })
  expect(failureOf({ event: 'failed', code: 'AUDIT_FAILED' }, 'm', '/log')?.code).toBe('AUDIT_FAILED')
  expect(failureOf({ event: 'batch' }, 'm', '/log')).toBeUndefined()
})

test.each([
  [{ code: 0, signal: null }, undefined, 'completed'],
  [{ code: 0, signal: null }, 'stop', 'stopped'],
  [{ code: null, signal: 'SIGTERM' }, 'stop', 'stopped'],
  [{ code: 143, signal: null }, 'stop', 'stopped'],
  [{ code: null, signal: 'SIGKILL' }, 'kill', 'killed'],
  [{ code: null, signal: 'SIGKILL' }, 'stop', 'killed'],
  [{ code: null, signal: 'SIGKILL' }, undefined, undefined],
  [{ code: null, signal: 'SIGTERM' }, undefined, undefined],
  [{ code: 1, signal: null }, undefined, undefined],
  [{ code: 1, signal: null }, 'stop', undefined],
] as const)('an end by %j after %s is %s', (exit, asked, outcome) => {
  expect(outcomeOf(exit, asked)).toBe(outcome)
})

test('the queue keeps order, drops the oldest beyond its limit, and ends', async () => {
  const queue = new EventQueue<number>(3)
  for (const item of [1, 2, 3, 4]) queue.push(item)
  const seen: number[] = []
  const reading = (async () => {
    for await (const item of queue) seen.push(item)
  })()
  await expect.poll(() => seen).toEqual([2, 3, 4])
  queue.push(5)
  queue.close()
  await reading
  expect(seen).toEqual([2, 3, 4, 5])
})
