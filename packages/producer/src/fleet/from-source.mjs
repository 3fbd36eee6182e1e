// Tests run a fleet from the sources, and a worker thread knows nothing of their loader. A build has fleet-thread.js.
import { register } from 'tsx/esm/api'

register()
await import('./fleet-thread.ts')
