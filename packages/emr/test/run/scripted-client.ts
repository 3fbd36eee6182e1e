import { gzipSync } from 'node:zlib'
import { fileStore, type ObjectStore } from '@tidewater/core/storage'
import { identityOf, labelOf } from '../../src/run/identity.js'
import type { Submission } from '../../src/run/port.js'

type Input = Record<string, unknown>
type Answer = (input: Input) => unknown

/** An error as the SDK throws it. */
export function serviceError(name: string, message: string, httpStatusCode = 400): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode } })
}

/** The `send` of an SDK's client; each operation is answered by its function. */
export function scriptedClient(answers: Readonly<Record<string, Answer>>) {
  const calls: { operation: string; input: Input }[] = []
  return {
    calls,
    client: {
      config: { region: async () => 'us-east-1' },
      destroy: () => undefined,
      send: async (command: { constructor: { name: string }; input: Input }) => {
        const operation = command.constructor.name.replace(/Command$/, '')
        calls.push({ operation, input: command.input })
        const answer = answers[operation]
        if (answer === undefined) throw new Error(`no answer to ${operation}`)
        return answer(command.input)
      },
      // biome-ignore lint/suspicious/noExplicitAny: stands in for the clients of three SDKs
    } as any,
  }
}

export const identity = identityOf('clicks', 'streaming', {
  document: {},
  artifactHash: 'h',
  sparkConf: {},
})

export const submission: Submission = {
  identity,
  runId: `${identity.hash}-01234567`,
  program: 's3://staging/a/kafka_to_iceberg.py',
  archive: 's3://staging/a/tidewater.zip',
  arguments: ['--job', 's3://staging/jobs/clicks/documents/r.json'],
  sparkConf: { 'spark.executor.memory': '4g', 'spark.driver.extraJavaOptions': '-Da=b -Dc=d' },
}

export const label = labelOf(identity)

/** A store that holds these logs, gzipped; `cut` leaves out the end of the bytes. */
export function storeOfLogs(logs: Readonly<Record<string, string>>, cut = 0): ObjectStore {
  const bytesOf = (location: string) => {
    const text = logs[location]
    if (text === undefined) return undefined
    const bytes = gzipSync(text)
    return bytes.subarray(0, bytes.byteLength - cut)
  }
  const facts = { sizeBytes: 1, etag: '', modifiedAtMs: 1 }
  return {
    ...fileStore,
    get: async (location) => {
      const bytes = bytesOf(location)
      return bytes === undefined ? undefined : { ...facts, bytes }
    },
    async *list(folder) {
      for (const location of Object.keys(logs).sort())
        if (location.startsWith(`${folder}/`)) yield { location, ...facts }
    },
  }
}
