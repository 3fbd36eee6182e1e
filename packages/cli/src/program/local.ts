import { TidewaterError } from '@tidewater/core'
import type { Command } from 'commander'
import {
  defaultStateFolder,
  type LocalIo,
  localDown,
  localInstall,
  localStatus,
  localUp,
  renderLocalDown,
  renderLocalStatus,
  renderLocalUp,
} from '../commands/local.js'
import { type CliIo, resolvePath } from '../io.js'
import { runStage } from '../terminal/progress.js'
import { writeJson } from '../terminal/report-error.js'
import { given, integer } from './options.js'

export function addLocalCommands(program: Command, io: CliIo): void {
  const local = program.command('local').description('a real Kafka broker and a real Spark on this machine')
  const withFolder = (command: Command) =>
    command
      .option('--state-folder <folder>', 'folder for data, logs and tables', defaultStateFolder(io.env))
      .option('--json', 'print one JSON document', false)
  const print = <T>(json: boolean, document: T, render: (document: T) => string) => {
    if (json) writeJson(io, document)
    else io.stdout(`${render(document)}\n`)
  }

  local
    .command('install')
    .description('fetch what the local stack needs, ahead of its first use')
    .option('--iam', 'also what `local up --iam` needs', false)
    .option('--aws', 'also what `local up --aws` needs', false)
    .option('--json', 'print one JSON document', false)
    .action(async ({ json, iam, aws }) => {
      const toolchain = await staged(
        io,
        'Tool chain',
        (localIo) => localInstall({ iam, aws }, localIo),
        () => 'ready',
      )
      print(json, toolchain, ({ cacheFolder }) => `In place in ${cacheFolder}`)
    })

  withFolder(local.command('up').description('start the stack; it stays up until `tidewater local down`'))
    .option('--brokers <count>', '1, or 3 for a cluster that goes on when one is lost (default: 1)', integer)
    .option('--broker-port <port>', 'port of the first broker (default: a free one)', integer)
    .option('--controller-port <port>', 'port of the first controller (default: a free one)', integer)
    .option('--broker-heap-mb <MiB>', "heap of each broker's JVM (default: 512; 256 with three)", integer)
    .option('--iam', 'a second listener that authenticates and authorizes as MSK with IAM does', false)
    .option('--iam-port <port>', 'port of that listener (default: a free one)', integer)
    .option(
      '--aws',
      'AWS services beside it: S3, Glue, IAM, STS, EMR, EMR Serverless, EMR on EKS, Athena',
      false,
    )
    .option('--region <region>', 'region that clients sign for (default: us-east-1)')
    .option(
      '--session-seconds <seconds>',
      'longest session without a new authentication (default: 3600)',
      integer,
    )
    .action(async ({ json, stateFolder, iam, iamPort, region, sessionSeconds, ...options }) => {
      const folder = resolvePath(io, stateFolder)
      const iamOptions = given({ port: iamPort, region, sessionSeconds })
      requireIam(iam, { '--iam-port': iamPort, '--region': region, '--session-seconds': sessionSeconds })
      const document = await staged(
        io,
        'Kafka broker',
        (localIo) =>
          localUp({ ...given(options), stateFolder: folder, ...(iam ? { iam: iamOptions } : {}) }, localIo),
        ({ bootstrapBrokers }) => `answers at ${bootstrapBrokers}`,
      )
      print(json, document, renderLocalUp)
    })

  withFolder(local.command('status').description('whether the stack runs and answers')).action(
    async ({ json, stateFolder }) =>
      print(json, await localStatus({ stateFolder: resolvePath(io, stateFolder) }, io), renderLocalStatus),
  )

  withFolder(local.command('down').description('stop the stack'))
    .option('--remove-state', 'also remove its data, logs and tables', false)
    .action(async ({ json, stateFolder, removeState }) =>
      print(
        json,
        await localDown({ stateFolder: resolvePath(io, stateFolder), removeState }, io),
        renderLocalDown,
      ),
    )
}

// Passed over in silence, they would leave their user with a listener that lets everybody in.
function requireIam(iam: boolean, values: Readonly<Record<string, unknown>>): void {
  const orphan = Object.keys(values).find((name) => values[name] !== undefined)
  if (iam || orphan === undefined) return
  throw new TidewaterError('USAGE', `${orphan} has no meaning without --iam`, {
    remedy: `Add --iam, or leave ${orphan} out.`,
  })
}

function staged<T>(
  io: CliIo,
  title: string,
  work: (localIo: LocalIo) => Promise<T>,
  summary: (result: T) => string,
): Promise<T> {
  return runStage(io, title, (one) => work({ env: io.env, signal: io.signal, onProgress: one.say }), summary)
}
