import { prepareToolchain } from '@tidewater/testkit'
import { type CliIo, resolvePath } from '../io.js'
import { runStage } from '../terminal/progress.js'

/** How a command runs Spark on this machine. */
export interface LocalSparkOptions {
  /** Folder for Spark's scratch files and logs. */
  readonly stateFolder: string
  /** Heap of Spark's driver, which is all of Spark here. */
  readonly driverMemoryMb: number
}

/** Makes sure of Spark, showing what that takes the first time, and says how to run it. */
export async function prepareLocalSpark(options: LocalSparkOptions, io: CliIo) {
  await runStage(
    io,
    'Tool chain',
    (one) => prepareToolchain({ parts: ['spark', 'spark-decoder'], onProgress: one.say, signal: io.signal }),
    () => 'ready',
  )
  return { stateFolder: resolvePath(io, options.stateFolder), driverMemoryMb: options.driverMemoryMb }
}
