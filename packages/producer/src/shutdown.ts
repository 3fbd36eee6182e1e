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
 * signal is raised again once they are drained and the process ends with the status it would have had. An application
 * with its own listener decides itself when to exit.
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
  await Promise.allSettled([...registry.producers].map((producer) => producer.drain()))
  registry.draining = false
  stopListening(registry)
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
