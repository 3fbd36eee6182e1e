import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { kafkaIngressFindings } from '../../src/cluster/kafka-ingress.js'
import { ec2ShapeOf } from '../../src/ec2/cluster-definition.js'
import { planEc2Cluster } from '../../src/ec2/plan-cluster.js'
import { sizeJob } from '../../src/index.js'
import { serverlessShapeOf } from '../../src/serverless/application-definition.js'
import { planServerlessApplication } from '../../src/serverless/plan-application.js'
import { smallCluster } from './definitions.js'

const load = {
  partitions: fc.integer({ min: 1, max: 500 }),
  recordsPerSecond: fc.integer({ min: 1, max: 5_000_000 }),
  recordBytes: fc.integer({ min: 1, max: 10_000 }),
}
const groupId = fc.integer({ min: 1, max: 5 }).map((n) => `sg-0${n}`)
const rule = fc.record({
  IpProtocol: fc.constantFrom('tcp', 'udp', '-1'),
  FromPort: fc.integer({ min: 9_090, max: 9_100 }),
  ToPort: fc.integer({ min: 9_090, max: 9_100 }),
  UserIdGroupPairs: fc.array(fc.record({ GroupId: groupId }), { maxLength: 2 }),
  IpRanges: fc.array(fc.record({ CidrIp: fc.constantFrom('0.0.0.0/0', '10.0.0.0/8') }), { maxLength: 1 }),
})

describe('a cluster', () => {
  test('of any size that sizeJob gives is a valid definition', () => {
    fc.assert(
      fc.property(
        fc.record({
          ...load,
          capacity: fc.constantFrom('groups' as const, 'fleets' as const),
          spot: fc.boolean(),
        }),
        (input) => {
          const size = sizeJob(input)
          if (size.target !== 'ec2') return
          const { instanceGroups: _, ...rest } = smallCluster
          const { decisions, input: request } = planEc2Cluster({ ...rest, ...ec2ShapeOf(size) })
          expect(request.ManagedScalingPolicy?.ComputeLimits).toEqual(size.computeLimits)
          expect(decisions.every(({ reason, value }) => reason !== '' && value !== '')).toBe(true)
        },
      ),
    )
  })

  test('of Serverless with workers that stand ready too', () => {
    fc.assert(
      fc.property(fc.record(load), fc.boolean(), (input, ready) => {
        const size = sizeJob({ ...input, target: 'serverless' })
        if (size.target !== 'serverless') return
        const { input: request } = planServerlessApplication({
          name: 'flows',
          release: 'emr-7.13.0',
          ...serverlessShapeOf(size, { ready }),
        })
        expect(request.maximumCapacity).toEqual(size.maximumCapacity)
      }),
    )
  })
})

describe('the rule that is proposed', () => {
  test('lets the nodes in, whatever other rules there are', () => {
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 4 }),
        fc.array(groupId, { minLength: 1, maxLength: 2 }),
        (rules, ids) => {
          const brokers = { securityGroupIds: ['sg-0b1'], access: 'iam' as const }
          const nodes = [{ nodes: 'nodes', securityGroupIds: ids }]
          const [finding] = kafkaIngressFindings(brokers, nodes, [
            { GroupId: 'sg-0b1', IpPermissions: rules },
          ])
          if (finding === undefined) return
          const [, GroupId, protocol, port, source] =
            /--group-id (\S+) --protocol (\S+) --port (\d+) --source-group (\S+)$/.exec(finding.fix) ?? []
          const added = {
            IpProtocol: protocol,
            FromPort: Number(port),
            ToPort: Number(port),
            UserIdGroupPairs: [{ GroupId: source }],
          }
          expect(
            kafkaIngressFindings(brokers, nodes, [{ GroupId, IpPermissions: [...rules, added] }]),
          ).toEqual([])
        },
      ),
    )
  })
})
