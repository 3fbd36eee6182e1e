import type { PolicyRequest } from '../../src/iam/index.js'

export const uuid = '1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d-2'
export const clusterArn = `arn:aws:kafka:us-east-1:123456789012:cluster/demo/${uuid}`
export const serverlessArn =
  'arn:aws:kafka:us-east-1:123456789012:cluster/demo/1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d-s1'
export const keyArn = 'arn:aws:kms:us-east-1:123456789012:key/1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d'

/** One request per role, with everything the role takes. */
export const requests = {
  producer: { role: 'producer', clusterArn, topics: ['netflow'] },
  'idempotent-producer': {
    role: 'idempotent-producer',
    clusterArn,
    topics: ['netflow', 'audit-*'],
    transactionalIds: ['netflow-producer-*'],
  },
  consumer: { role: 'consumer', clusterArn, topics: ['netflow'], groups: ['dashboards'] },
  'spark-job': {
    role: 'spark-job',
    clusterArn,
    topics: ['netflow'],
    tables: [
      { database: 'flows', name: 'netflow' },
      { database: 'flows', name: 'netflow_dead_letters', location: 's3://quarantine/netflow/' },
    ],
    warehouse: 's3://lake/warehouse',
    checkpoint: 's3://state/checkpoints/netflow',
    stopMarker: 's3://state/stop/netflow',
    artifacts: ['s3://code/tidewater'],
    logs: 's3://logs/emr',
    kmsKeyArns: [keyArn],
  },
  'topic-admin': { role: 'topic-admin', clusterArn, topics: ['netflow'], allowDelete: true },
  maintenance: {
    role: 'maintenance',
    catalogArn: 'arn:aws:glue:us-east-1:123456789012:catalog',
    tables: [{ database: 'flows', name: 'netflow' }],
    warehouse: 's3://lake/warehouse',
    athena: { workgroup: 'maintenance', results: 's3://queries/results' },
  },
} as const satisfies Record<PolicyRequest['role'], unknown>
