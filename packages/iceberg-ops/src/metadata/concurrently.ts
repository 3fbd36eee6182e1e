import { throwIfAborted } from '@tidewater/core'

/**
 * Works on items, `concurrency` at a time, in their order. The first failure ends the others by their signal, and is thrown
 * when they have come to their end.
 *
 * @throws what `work` throws, or TidewaterError `ABORTED`
 */
export async function forEachConcurrently<T>(
  items: readonly T[],
  concurrency: number,
  signal: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failing = new AbortController()
  const inner = signal === undefined ? failing.signal : AbortSignal.any([signal, failing.signal])
  let failure: { readonly thrown: unknown } | undefined
  let next = 0
  const worker = async () => {
    while (next < items.length && !inner.aborted) {
      try {
        await work(items[next++] as T, inner)
      } catch (thrown) {
        failure ??= { thrown }
        failing.abort(thrown)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker))
  throwIfAborted(signal)
  if (failure !== undefined) throw failure.thrown
}
