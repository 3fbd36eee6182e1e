import { TidewaterError } from '../errors.js'
import { throwIfAborted } from '../retry/run.js'
import type { ObjectFacts, StorageCall, StoredObject } from './port.js'

/** Asks for the object's bytes from `position` on; refused when the object is another by now. */
type FetchFrom = (
  location: string,
  position: number,
  facts: ObjectFacts,
  options: StorageCall,
) => Promise<AsyncIterable<Uint8Array>>

// Bodies in a row that brought nothing.
const maxFruitlessBodies = 5

/**
 * The bytes of an object of which the first are there, the rest over as many requests as it takes: a body that breaks off or
 * stands still is given up, and what is missing asked for anew.
 */
export async function* s3Pieces(
  location: string,
  { bytes: first, ...facts }: StoredObject,
  fetchFrom: FetchFrom,
  stallTimeoutMs: number,
  options: StorageCall,
): AsyncGenerator<Uint8Array> {
  if (first.byteLength > 0) yield first
  let fruitless = 0
  for (let position = first.byteLength; position < facts.sizeBytes; ) {
    throwIfAborted(options.signal)
    const began = position
    const body = (await fetchFrom(location, position, facts, options))[Symbol.asyncIterator]()
    let broken: unknown
    try {
      for (;;) {
        const next = await nextPiece(body, stallTimeoutMs).catch((thrown: unknown) => {
          broken = thrown
        })
        if (next === undefined || next.done === true) break
        position += next.value.byteLength
        yield next.value
      }
    } finally {
      // Closes the connection that nobody reads to its end. Not awaited: one that stands still would not answer.
      if (position < facts.sizeBytes) void Promise.resolve(body.return?.()).catch(() => undefined)
    }
    fruitless = position > began ? 0 : fruitless + 1
    throwIfAborted(options.signal)
    if (fruitless >= maxFruitlessBodies) throw brokenOff(location, position, facts, broken)
  }
}

async function nextPiece(
  body: AsyncIterator<Uint8Array>,
  stallTimeoutMs: number,
): Promise<IteratorResult<Uint8Array>> {
  let timer: NodeJS.Timeout | undefined
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no bytes within ${stallTimeoutMs} ms (requestTimeoutMs)`)),
      stallTimeoutMs,
    )
  })
  try {
    return await Promise.race([body.next(), stalled])
  } finally {
    clearTimeout(timer)
  }
}

function brokenOff(
  location: string,
  position: number,
  { sizeBytes }: ObjectFacts,
  cause: unknown,
): TidewaterError {
  return new TidewaterError(
    'STORAGE_FAILED',
    `${location} breaks off at byte ${position} of ${sizeBytes}, ${maxFruitlessBodies} times in a row`,
    {
      retryable: true,
      remedy: 'Check the connection to the store.',
      details: { location, position, sizeBytes },
      cause,
    },
  )
}
