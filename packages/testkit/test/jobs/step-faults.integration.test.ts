import { EMRClient, RunJobFlowCommand, TerminateJobFlowsCommand } from '@aws-sdk/client-emr'
import { createObjectStore } from '@tidewater/core/storage'
import { type SubmitOptions, submitStreamingJob } from '@tidewater/emr'
import { ec2StepTarget } from '@tidewater/emr/ec2'
import { expect, it, onTestFinished } from 'vitest'
import { startTcpProxy } from '../../src/index.js'
import { accountOf, awsStack, clientConfig, clusterInput, eventually } from '../aws/stack-fixture.js'
import { jobOn, standInArtifact, untilStarted } from './target-contract.js'

const { stack } = awsStack()

it('is waited for through a network that goes away, until its cluster is terminated under it', async () => {
  const account = accountOf(stack())
  const emr = new EMRClient(clientConfig(stack()))
  const { JobFlowId: clusterId = '' } = await emr.send(new RunJobFlowCommand(clusterInput('faults')))
  const store = createObjectStore({ ...account, pathStyle: true })
  onTestFinished(() => store.close())
  await using proxy = await startTcpProxy(new URL(account.endpoint).host)
  const endpoint = `http://${proxy.address}`
  const target = await ec2StepTarget({ ...account, endpoint, clusterId, store })
  const options: SubmitOptions = {
    target: { ...target, pace: { intervalMs: 100, maxIntervalMs: 500 } },
    store,
    stagingLocation: 's3://tidewater/faults-staging',
    artifact: await standInArtifact(),
  }
  const handle = await submitStreamingJob(jobOn('under_fault', 'runs'), options)
  await untilStarted(handle)

  const looks: ('answered' | 'unanswered')[] = []
  const waited = handle.wait({
    onStatus: (_, trouble) => void looks.push(trouble === undefined ? 'answered' : 'unanswered'),
  })
  const untilLooked = async (how: (typeof looks)[number], times: number) => {
    looks.length = 0
    // A wait that ends meanwhile ends the test.
    await Promise.race([
      waited,
      eventually(async () => looks.filter((look) => look === how).length >= times || undefined),
    ])
  }
  await untilLooked('answered', 1)
  proxy.refuse()
  proxy.cut()
  await untilLooked('unanswered', 3)
  await proxy.accept()
  await untilLooked('answered', 2)
  expect(await handle.status()).toMatchObject({ state: 'running' })

  await emr.send(new TerminateJobFlowsCommand({ JobFlowIds: [clusterId] }))
  await expect(waited).rejects.toMatchObject({
    code: 'JOB_INTERRUPTED',
    retryable: true,
    message: expect.stringContaining(`cluster ${clusterId} is TERMINAT`),
  })
  await expect(submitStreamingJob(jobOn('after_it', 'runs'), options)).rejects.toMatchObject({
    code: 'CLUSTER_FAILED',
    message: expect.stringContaining(clusterId),
  })
})
