/** What a caller hands to spark-submit, taken apart. */
export interface SubmitArguments {
  /** Options with their values, in order; options without one have `undefined`. */
  readonly options: readonly (readonly [name: string, value: string | undefined])[]
  /** The application and its own arguments. */
  readonly application: readonly string[]
}

// All others take a value. https://github.com/apache/spark/blob/v3.5.7/launcher/.../SparkSubmitOptionParser.java
const flags = new Set(['--verbose', '-v', '--supervise', '--help', '-h', '--version', '--usage-error'])

export function parseSubmitArguments(args: readonly string[]): SubmitArguments {
  const options: [string, string | undefined][] = []
  let index = 0
  for (; index < args.length; index++) {
    const argument = args[index] ?? ''
    if (!argument.startsWith('-')) break
    const [, name = argument, inline] = /^(--[^=]+)=(.*)$/s.exec(argument) ?? []
    if (flags.has(name)) options.push([name, undefined])
    else if (inline !== undefined) options.push([name, inline])
    else options.push([name, args[++index] ?? ''])
  }
  return { options, application: args.slice(index) }
}

/** What the machine a job runs on decides about it. */
export interface LocalSpark {
  readonly cores: number
  readonly driverMemoryMb: number
  /** Of the local S3. */
  readonly s3Url: string
  readonly region: string
  readonly host: string
  /** Lower in precedence than the caller's: the cluster's or the application's spark-defaults. */
  readonly defaults: Readonly<Record<string, string>>
}

export interface LocalSubmit {
  readonly args: readonly string[]
  /** Whether the caller wanted the driver to run on the cluster: its output goes to the containers' logs then. */
  readonly isClusterMode: boolean
  /** Options that have no meaning here and were left out. */
  readonly dropped: readonly string[]
}

/**
 * Where Spark runs is decided here, and what AWS's own set-up of a cluster says about S3; the rest is as the caller gave it.
 * Packages are left out: they would be downloaded at each start, and what a release brings is on the class path.
 */
export function localSubmit(args: readonly string[], spark: LocalSpark): LocalSubmit {
  const { options, application } = parseSubmitArguments(args)
  const isPlacement = ([name, value = '']: readonly [string, string | undefined]) =>
    ['--master', '--deploy-mode', '--packages', '--repositories', '--exclude-packages', '--queue'].includes(
      name,
    ) ||
    (['--conf', '-c'].includes(name) && /^spark\.(master|submit\.deployMode|jars\.packages)=/.test(value))
  const dropped = options.filter(isPlacement)
  const kept = options.filter((option) => !isPlacement(option))
  const conf = { ...ownConf(spark), ...spark.defaults }
  return {
    args: [
      '--master',
      `local[${spark.cores}]`,
      ...Object.entries(conf).flatMap(([key, value]) => ['--conf', `${key}=${value}`]),
      ...kept.flatMap(([name, value]) => (value === undefined ? [name] : [name, value])),
      ...application,
    ],
    isClusterMode: dropped.some(([name, value = '']) =>
      name === '--deploy-mode' ? value === 'cluster' : value === 'spark.submit.deployMode=cluster',
    ),
    dropped: dropped.map(([name, value]) => `${name} ${value}`),
  }
}

function ownConf({ driverMemoryMb, s3Url, region, host, cores }: LocalSpark): Record<string, string> {
  const s3a = 'org.apache.hadoop.fs.s3a.S3AFileSystem'
  return {
    'spark.driver.memory': `${driverMemoryMb}m`,
    'spark.driver.host': host,
    'spark.driver.bindAddress': host,
    'spark.ui.enabled': 'false',
    'spark.ui.showConsoleProgress': 'false',
    'spark.sql.shuffle.partitions': String(2 * cores),
    // EMR's s3:// is its own file system; what users see of it is the same.
    'spark.hadoop.fs.s3.impl': s3a,
    'spark.hadoop.fs.s3n.impl': s3a,
    'spark.hadoop.fs.s3a.endpoint': s3Url,
    'spark.hadoop.fs.s3a.endpoint.region': region,
    'spark.hadoop.fs.s3a.path.style.access': 'true',
    'spark.hadoop.fs.s3a.connection.ssl.enabled': 'false',
  }
}

/** Splits a text of parameters as a shell would, with quotes and backslashes and without expansions. */
export function splitParameters(text: string): string[] {
  const words: string[] = []
  let word: string | undefined
  for (const [, single, double, escaped, plain, blank] of text.matchAll(
    /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)|(\s+)/gs,
  )) {
    if (blank !== undefined) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else {
      word = (word ?? '') + (single ?? double?.replace(/\\(["\\])/g, '$1') ?? escaped ?? plain ?? '')
    }
  }
  return word === undefined ? words : [...words, word]
}

interface Classification {
  readonly classification: string
  readonly properties: Readonly<Record<string, string>>
}

/** The Spark configuration among the classifications of a cluster, an application or a run. */
export function sparkDefaultsOf(configurations: unknown): Record<string, string> {
  if (!Array.isArray(configurations)) return {}
  const known = configurations.map(toClassification).filter((one) => one?.classification === 'spark-defaults')
  return Object.assign({}, ...known.map((one) => one?.properties))
}

// EMR writes the names with capitals, EMR Serverless and EMR on EKS without.
function toClassification(value: unknown): Classification | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const record = value as Record<string, unknown>
  const classification = record.Classification ?? record.classification
  const properties = record.Properties ?? record.properties ?? {}
  if (typeof classification !== 'string' || typeof properties !== 'object') return undefined
  return { classification, properties: properties as Record<string, string> }
}
