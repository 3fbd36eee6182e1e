/** What a producer offers to the process's SIGTERM. */
export interface Drainable {
  drain(): Promise<void>
}

interface Registry {
  readonly producers: Set<Drainable>
  listener: (() => void) | undefined
  draining: boolean
}

// One per process, even with two copies of this package in it (ESM beside CommonJS): two listeners would each take the
// other for the application's own, and neither would let the signal have its effect.
const registryKey = Symbol.for('tidewater.producer.sigterm')

/**
 * Drains `producer` when SIGTERM comes; returns what takes it off again.
 *
 * With a listener, Node no longer ends the process on the signal. So, when nothing but the producers listened, the
 * signal is raised again once they are drained and the process ends with the status it would have had. With any other
 * listener, ending the process is that listener's business. Libraries that listen only to clean up, such as signal-exit,
 * reason the same way: they raise the signal again when nobody but themselves listened. Beside one of those nobody ends
 * the process, and the application has to listen itself, or to set `drainOnSigterm: false` and close its producers.
 */
export function drainOnSigterm(producer: Drainable): () => void {
  const registry = sharedRegistry()
  registry.producers.add(producer)
  if (registry.listener === undefined) {
    registry.listener = () => void drainAll(registry)
    // First in line: a `once` listener that ran before is no longer counted, and the process would be ended under it.
    process.prependListener('SIGTERM', registry.listener)
  }
  return () => {
    registry.producers.delete(producer)
    if (registry.producers.size === 0) stopListening(registry)
  }
}

async function drainAll(registry: Registry): Promise<void> {
  if (registry.draining) return
  registry.draining = true
  const alone = process.listenerCount('SIGTERM') === 1
  const drained = new Set<Drainable>()
  const waiting = () => [...registry.producers].filter((producer) => !drained.has(producer))
  // Again for those that were made while others drained.
  for (let next = waiting(); next.length > 0; next = waiting()) {
    for (const producer of next) drained.add(producer)
    await Promise.allSettled(next.map((producer) => producer.drain()))
  }
  registry.draining = false
  // An application that goes on after the signal may have producers left, which the next signal has to find.
  if (alone || registry.producers.size === 0) stopListening(registry)
  if (alone) process.kill(process.pid, 'SIGTERM')
}

function stopListening(registry: Registry): void {
  // While draining, the first producer to finish must not restore the signal's default effect under the others.
  if (registry.listener === undefined || registry.draining) return
  process.removeListener('SIGTERM', registry.listener)
  registry.listener = undefined
}

function sharedRegistry(): Registry {
  const shared = globalThis as { [registryKey]?: Registry }
  shared[registryKey] ??= { producers: new Set(), listener: undefined, draining: false }
  return shared[registryKey]
}
