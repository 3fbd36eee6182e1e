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
    .option('--json', 'print one JSON document', false)
    .action(async ({ json }) => {
      const toolchain = await staged(io, 'Tool chain', localInstall, () => 'ready')
      print(json, toolchain, ({ cacheFolder }) => `In place in ${cacheFolder}`)
    })

  withFolder(local.command('up').description('start the stack; it stays up until `tidewater local down`'))
    .option('--broker-port <port>', 'port of the broker (default: a free one)', integer)
    .option('--controller-port <port>', 'port of the controller (default: a free one)', integer)
    .option('--broker-heap-mb <MiB>', "heap of the broker's JVM (default: 512)", integer)
    .action(async ({ json, stateFolder, ...options }) => {
      const folder = resolvePath(io, stateFolder)
      const document = await staged(
        io,
        'Kafka broker',
        (localIo) => localUp({ ...given(options), stateFolder: folder }, localIo),
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

function staged<T>(
  io: CliIo,
  title: string,
  work: (localIo: LocalIo) => Promise<T>,
  summary: (result: T) => string,
): Promise<T> {
  return runStage(io, title, (one) => work({ env: io.env, signal: io.signal, onProgress: one.say }), summary)
}
