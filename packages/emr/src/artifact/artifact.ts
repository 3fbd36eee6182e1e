import { createHash } from 'node:crypto'
import { type ArchivedFile, inOrder } from './zip.js'

/** The programs a job can start with, each a module of `tidewater_spark`. */
export const jobEntries = ['kafka_to_iceberg', 'maintain'] as const

export type JobEntry = (typeof jobEntries)[number]

/** What Spark's side of a job consists of. */
export interface SparkArtifact {
  /** SHA-256 over names and contents, in hexadecimal: the same on every machine. */
  readonly hash: string
  /** What goes into the archive for `--py-files`. */
  readonly files: readonly ArchivedFile[]
  /** The program files, by entry. */
  readonly entries: Readonly<Record<JobEntry, Uint8Array>>
}

/** The artifact of these files; `tidewater_spark/<entry>.py` must be among them. Pure. */
export function artifactOf(files: readonly ArchivedFile[]): SparkArtifact {
  const digest = createHash('sha256')
  for (const { name, bytes } of inOrder(files)) digest.update(`${name}\0${bytes.byteLength}\0`).update(bytes)
  const entry = (name: JobEntry) =>
    files.find((file) => file.name === `tidewater_spark/${name}.py`)?.bytes ?? new Uint8Array()
  return {
    hash: digest.digest('hex'),
    files,
    entries: { kafka_to_iceberg: entry('kafka_to_iceberg'), maintain: entry('maintain') },
  }
}
