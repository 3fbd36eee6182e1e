import { ListClustersCommand, RunJobFlowCommand } from '@aws-sdk/client-emr'
import { expect, it } from 'vitest'
import { awsStack, clusterInput, emrClient } from '../stack-fixture.js'

const { stack } = awsStack({ throttled: true })

it('refuses requests beyond the limits of the service', async () => {
  const emr = emrClient(stack())
  const runs = Array.from({ length: 20 }, () => emr.send(new RunJobFlowCommand(clusterInput('many'))))
  const refused = (await Promise.allSettled(runs)).filter(({ status }) => status === 'rejected')
  expect(refused.length).toBeGreaterThanOrEqual(1)
  for (const refusal of refused) {
    expect((refusal as PromiseRejectedResult).reason).toMatchObject({
      name: 'ThrottlingException',
      message: 'Rate exceeded',
    })
  }
  // Another operation has its own share.
  await emr.send(new ListClustersCommand({}))
})
