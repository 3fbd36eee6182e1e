import { expect, it } from 'vitest'
import {
  localSubmit,
  parseSubmitArguments,
  sparkDefaultsOf,
  splitParameters,
} from '../../../src/aws/jobs/spark-submit.js'

const spark = {
  cores: 2,
  driverMemoryMb: 1_024,
  s3Url: 'http://127.0.0.1:9000',
  region: 'us-east-1',
  host: '127.0.0.1',
  defaults: {},
}

/** The value that wins: spark-submit takes the last one. */
function confOf(args: readonly string[], key: string): string | undefined {
  return args
    .filter((argument) => argument.startsWith(`${key}=`))
    .at(-1)
    ?.slice(key.length + 1)
}

it('tells the options from the application and its arguments', () => {
  const args = ['--conf', 'a=b', '--verbose', '--py-files=x.zip', 'main.py', '--job', 'x', '--verbose']
  expect(parseSubmitArguments(args)).toEqual({
    options: [
      ['--conf', 'a=b'],
      ['--verbose', undefined],
      ['--py-files', 'x.zip'],
    ],
    application: ['main.py', '--job', 'x', '--verbose'],
  })
})

it('places the driver here, and leaves the rest as it was', () => {
  const placement = [
    '--master',
    'yarn',
    '--deploy-mode',
    'cluster',
    '--conf',
    'spark.master=yarn',
    '--packages',
    'g:a:1',
  ]
  const rest = [
    '--conf',
    'spark.executor.memory=4g',
    '--py-files',
    's3://b/x.zip',
    's3://b/main.py',
    '--master',
  ]
  const { args, isClusterMode, dropped } = localSubmit([...placement, ...rest], spark)
  expect(args.slice(0, 2)).toEqual(['--master', 'local[2]'])
  expect(args.slice(-rest.length)).toEqual(rest)
  expect(isClusterMode).toBe(true)
  expect(dropped).toEqual([
    '--master yarn',
    '--deploy-mode cluster',
    '--conf spark.master=yarn',
    '--packages g:a:1',
  ])
  expect(args.join(' ')).not.toMatch(/yarn|cluster|g:a:1/)
})

it("lets the caller's settings win over the cluster's, and those over ours", () => {
  const defaults = { 'spark.driver.memory': '3g', 'spark.ui.enabled': 'true' }
  const { args } = localSubmit(['--conf', 'spark.driver.memory=4g', 'main.py'], { ...spark, defaults })
  expect(confOf(args, 'spark.driver.memory')).toBe('4g')
  expect(confOf(args, 'spark.ui.enabled')).toBe('true')
  expect(confOf(args, 'spark.hadoop.fs.s3a.endpoint')).toBe('http://127.0.0.1:9000')
})

it.each([
  [[], false],
  [['--deploy-mode', 'client'], false],
  [['--conf', 'spark.submit.deployMode=cluster'], true],
])('sees cluster mode in %o: %s', (options, expected) => {
  expect(localSubmit([...options, 'main.py'], spark).isClusterMode).toBe(expected)
})

it.each([
  ['', []],
  ['--conf a=b  --conf\tc=d ', ['--conf', 'a=b', '--conf', 'c=d']],
  [`--conf "a=b c" --name 'it is'`, ['--conf', 'a=b c', '--name', 'it is']],
  [`a="b c"d\\ e ''`, ['a=b cd e', '']],
  ['"say \\"so\\" \\n"', ['say "so" \\n']],
])('splits %s as a shell does', (text, words) => {
  expect(splitParameters(text)).toEqual(words)
})

it('reads spark-defaults as EMR and as EMR Serverless write them', () => {
  expect(
    sparkDefaultsOf([
      { Classification: 'spark-defaults', Properties: { a: '1', b: '1' } },
      { Classification: 'iceberg-defaults', Properties: { c: '1' } },
      { classification: 'spark-defaults', properties: { b: '2' } },
    ]),
  ).toEqual({ a: '1', b: '2' })
  expect(sparkDefaultsOf(undefined)).toEqual({})
})
