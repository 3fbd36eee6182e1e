import { parseArgs } from 'node:util'
import { TidewaterError } from '@tidewater/core'

export interface BenchOptions {
  /** Of each contender's turn, its warm-up not counted. */
  readonly records: number
  readonly rounds: number
  /** Names of what runs; undefined for everything. */
  readonly only: readonly string[] | undefined
  readonly jsonFile: string | undefined
}

export interface BenchDefaults {
  readonly records: number
  readonly rounds: number
  /** Of `--json` without a file. */
  readonly jsonFile: string
}

/** @throws TidewaterError `USAGE` */
export function readOptions(
  args: readonly string[],
  known: readonly string[],
  defaults: BenchDefaults,
): BenchOptions {
  const { values } = parse(
    args.flatMap((arg, index) => withJsonFile(arg, args[index + 1], defaults.jsonFile)),
    defaults,
  )
  const only = values.only?.split(',').map((name) => name.trim())
  const unknown = only?.filter((name) => !known.includes(name)) ?? []
  if (unknown.length > 0) {
    throw usage(`--only names ${unknown.join(', ')}`, `Name some of ${known.join(', ')}.`)
  }
  return {
    records: positiveInteger('records', values.records),
    rounds: positiveInteger('rounds', values.rounds),
    only,
    jsonFile: values.json,
  }
}

function parse(args: string[], { records, rounds }: BenchDefaults) {
  try {
    return parseArgs({
      args,
      options: {
        records: { type: 'string', default: String(records) },
        rounds: { type: 'string', default: String(rounds) },
        only: { type: 'string' },
        json: { type: 'string' },
      },
    })
  } catch (cause) {
    throw usage(
      cause instanceof Error ? cause.message : String(cause),
      'Options: --records, --rounds, --only, --json.',
    )
  }
}

/** parseArgs knows no option whose value may be left out. */
function withJsonFile(arg: string, next: string | undefined, defaultJsonFile: string): string[] {
  return arg === '--json' && (next === undefined || next.startsWith('-')) ? [arg, defaultJsonFile] : [arg]
}

function positiveInteger(name: string, text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw usage(`--${name} is ${text}`, `Give --${name} a whole number above 0.`)
}

function usage(message: string, remedy: string): TidewaterError {
  return new TidewaterError('USAGE', message, { remedy })
}
