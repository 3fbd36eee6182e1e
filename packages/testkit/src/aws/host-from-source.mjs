// Tests start the host from the sources, and a new process knows nothing of their loader. A build has aws-host.js.
import { register } from 'tsx/esm/api'

register()
await import('./host.ts')
