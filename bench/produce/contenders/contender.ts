import type { LocalIam } from '@tidewater/testkit'
import type { Command } from '../stage/command.js'
import type { PayloadFiles } from '../stage/payload-files.js'
import type { Peers } from '../stage/peers.js'

export interface Contender {
  /** Kebab-case; for `--only`. */
  readonly name: string
  readonly note: string
  /** Goes through @tidewater/producer. */
  readonly isOurs: boolean
  /** Of `--records`: such that everybody's turn takes about as long. */
  readonly share: number
  readonly listener?: 'iam'
  /** How its client is started; prepares what that needs. */
  command(turn: Turn): Promise<Command>
}

export interface Turn {
  /** What every client takes first: brokers, topic, records, records of the warm-up. */
  readonly common: readonly string[]
  readonly files: PayloadFiles
  readonly peers: Peers
  readonly iam: LocalIam
}

/** Records per second of those whose latency is measured. */
export const pacedRecordsPerSecond = 50_000
/** Ten seconds of that, with the default of `--records`. */
export const pacedShare = 1 / 12
