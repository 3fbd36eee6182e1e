import { TidewaterError } from '@tidewater/core'
import { stringify } from 'yaml'
import { type ProduceOptions, totalRecords } from './produce-options.js'

/** The user `node` of the image, by number, so that Kubernetes can see that it is not root. */
const imageUser = 1000

/**
 * A Kubernetes Job whose pods are the workers: each takes the slice that its completion index stands for. With IAM a
 * service account comes with it, whose role the pods get (IRSA).
 *
 * @throws TidewaterError `USAGE` for options that mean nothing in a pod, and with `--iam` without `--role-arn`
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode
 * @see https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
 */
export function produceManifest(
  options: ProduceOptions,
  image: string,
  clientId: string | undefined,
): string {
  const documents = options.iam
    ? [serviceAccount(options), job(options, image, clientId)]
    : [job(options, image, clientId)]
  return documents
    .map((document) => stringify(document, { lineWidth: 0, aliasDuplicateObjects: false }))
    .join('---\n')
}

function serviceAccount(options: ProduceOptions): object {
  if (options.roleArn === undefined)
    throw new TidewaterError('USAGE', 'A manifest with --iam needs the role of the pods', {
      remedy:
        'Add --role-arn: a role that trusts the service account, with what `tidewater iam policy` prints.',
    })
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: {
      name: jobName(options),
      annotations: { 'eks.amazonaws.com/role-arn': options.roleArn },
    },
  }
}

function job(options: ProduceOptions, image: string, clientId: string | undefined): object {
  const name = jobName(options)
  const labels = { 'app.kubernetes.io/name': 'tidewater', 'app.kubernetes.io/instance': name }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, labels },
    spec: {
      completionMode: 'Indexed',
      completions: options.workers,
      parallelism: options.workers,
      // A pod that ran again would produce its slice again: a failed one stays failed, and the others go on.
      backoffLimitPerIndex: 0,
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: 'Never',
          ...(options.iam ? { serviceAccountName: name } : {}),
          // For the API server, which nobody here talks to; IRSA brings a token of its own.
          automountServiceAccountToken: false,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: imageUser,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: 'producer',
              image,
              args: podArguments(options, clientId),
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
              resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '512Mi' } },
            },
          ],
        },
      },
    },
  }
}

/** The command of every pod; which worker it is, it has from `JOB_COMPLETION_INDEX`. */
function podArguments(options: ProduceOptions, clientId: string | undefined): string[] {
  for (const [flag, value] of [
    ['--ca-file', options.caFile],
    ['--profile', options.profile],
  ]) {
    if (value === undefined) continue
    throw new TidewaterError('USAGE', `${flag} names something of this machine, which a pod has not`, {
      remedy: `Leave ${flag} out.`,
    })
  }
  if (options.registryAuth)
    throw new TidewaterError('USAGE', '--registry-auth takes variables that the pods do not have', {
      remedy: 'Leave it out, and add it to the manifest with the variables from a secret.',
    })
  const records = totalRecords(options)
  const { durationMs } = options
  const end =
    durationMs !== undefined
      ? { duration: `${Math.ceil(durationMs / 1_000)}s` }
      : records === undefined
        ? { cycle: -1 }
        : { cycle: options.cycle, count: options.count }
  const values: Record<string, string | number | undefined> = {
    'topic-name': options.topicName,
    broker: options.broker,
    'worker-count': options.workers,
    ...end,
    driver: options.driver,
    'client-id': clientId,
    'registry-url': options.registryUrl,
    'glue-registry': options.glueRegistry,
    seed: options.seed,
    'first-sequence-number': options.firstSequenceNumber,
    'rate-per-second': options.ratePerSecond,
    acks: options.acks,
    compression: options.compression,
    'linger-ms': options.lingerMs,
    'batch-bytes': options.batchBytes,
    'max-buffered-bytes': options.maxBufferedBytes,
    region: options.region,
  }
  const given = Object.entries(values).filter(([, value]) => value !== undefined)
  const flags = [...(options.iam ? ['--iam'] : []), ...(options.tls ? ['--tls'] : []), '--json']
  return ['produce', ...given.map(([name, value]) => `--${name}=${value}`), ...flags]
}

/** A DNS label, with room for the index that names a pod. */
function jobName({ topicName }: ProduceOptions): string {
  const topic = topicName.toLowerCase().replace(/[^a-z0-9]+/g, '-')
  return `produce-${topic}`.slice(0, 50).replace(/^-+|-+$/g, '')
}
