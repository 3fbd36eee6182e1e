import { type AvroSchema, messageOf, TidewaterError } from '@tidewater/core'
import { netflowGenerator, netflowSchema } from '../sample/index.js'

/** For whom a source makes records, and from where on. */
export interface FleetSourceContext {
  /** Within the fleet, from 0. */
  readonly workerIndex: number
  /** The worker's client id; it names the writer in the records. */
  readonly writerId: string
  /** Another for each worker. */
  readonly seed: number
  /** Sequence number of the next record. After a restart the one behind the last that was handed to the producer. */
  readonly firstSequenceNumber: number
}

/**
 * What a module of records exports: `schema`, and `records`, which is called once for each start of a worker and returns
 * what makes its next record.
 *
 * A record the schema doesn't take is counted as failed. When a call throws the worker is given up, unless it throws a
 * `TidewaterError` that is retryable: then the worker starts again, at the same sequence number.
 */
export interface FleetSource<T = unknown> {
  readonly schema: AvroSchema<unknown, T>
  records(context: FleetSourceContext): () => T
}

const netflow: FleetSource = {
  schema: netflowSchema as AvroSchema<unknown, unknown>,
  records({ seed, writerId, firstSequenceNumber }) {
    const generator = netflowGenerator({ seed, writerId, firstSequenceNumber, startTimeMs: Date.now() })
    return () => generator.next()
  },
}

/**
 * @param url of the module; undefined for the NetFlow sample
 * @throws TidewaterError `CONFIG_INVALID` when the module can't be loaded or is no {@link FleetSource}
 */
export async function loadSource(url: string | undefined): Promise<FleetSource> {
  if (url === undefined) return netflow
  let module: Partial<FleetSource>
  try {
    module = (await import(url)) as Partial<FleetSource>
  } catch (thrown) {
    throw new TidewaterError('CONFIG_INVALID', `The source ${url} can't be loaded: ${messageOf(thrown)}`, {
      remedy: 'Correct source: a module that this Node can import.',
      details: { source: url },
      cause: thrown,
    })
  }
  if (typeof module.records === 'function' && module.schema !== undefined) return module as FleetSource
  throw new TidewaterError('CONFIG_INVALID', `The source ${url} must export schema and records`, {
    remedy: 'Export schema, what avroSchema() returns, and records(context), which returns a function.',
    details: { source: url, exports: Object.keys(module) },
  })
}
