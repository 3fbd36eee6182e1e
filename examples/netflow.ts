// What the examples share. The stack is the one `tidewater local up` started.
import { TidewaterError } from '@tidewater/core'
import { defineJob } from '@tidewater/emr'
import { netflowSchema } from '@tidewater/producer/sample'
import { defaultStateFolder, localStatus } from '@tidewater/testkit'

const status = await localStatus(process.env.TIDEWATER_STATE_FOLDER ?? defaultStateFolder())
if (status.state !== 'running') {
  throw new TidewaterError('STACK_NOT_RUNNING', 'No local stack runs, or it does not answer', {
    remedy: 'Start it first: npm run tidewater -- local up',
  })
}
const { stack } = status

export const brokers = stack.bootstrapBrokers
export const spark = { stateFolder: stack.stateFolder }
export const topic = 'netflow-example'

const catalog = { name: 'local', type: 'hadoop', warehouse: stack.warehouseFolder } as const

export const job = defineJob({
  name: 'netflow-example',
  schema: netflowSchema,
  source: { bootstrapBrokers: brokers, topic, auth: { type: 'none' }, maxOffsetsPerTrigger: 20_000 },
  table: { catalog, namespace: 'examples', name: 'netflow' },
  // On a cluster: { type: 'processingTime', intervalSeconds: 60 }. This one reads what is there and ends.
  trigger: { type: 'availableNow' },
  checkpointLocation: `${stack.stateFolder}/checkpoints/netflow-example`,
})
