import { readFile } from 'node:fs/promises'
import { messageOf, TidewaterError } from '@tidewater/core'
import { type SparkJob, validateJob } from '@tidewater/emr'
import { type CliIo, resolvePath } from '../io.js'

/** @throws TidewaterError `USAGE` when the file can't be read or is not JSON. */
export async function readJson(path: string, what: string, io: CliIo): Promise<unknown> {
  try {
    return JSON.parse(await readFile(resolvePath(io, path), 'utf8'))
  } catch (cause) {
    throw new TidewaterError('USAGE', `Can't read the ${what} ${path}: ${messageOf(cause)}`, {
      remedy: 'Name a file that holds one JSON document.',
    })
  }
}

/** @throws TidewaterError `USAGE` when the file can't be read, `JOB_INVALID` when it isn't a job document. */
export async function readJob(path: string, io: CliIo): Promise<SparkJob> {
  return validateJob(await readJson(path, 'job document', io))
}
