import type { CreateApplicationRequest } from '@aws-sdk/client-emr-serverless'
import type { Finding } from '@tidewater/core'
import { definitionHashOf, withManagedTags } from '../cluster/managed-tags.js'
import type { AccessNeeds, Decision, DesiredCluster } from '../cluster/service.js'
import { type Release, releaseOf } from '../releases.js'
import { serverlessPrices } from '../size/serverless-workers.js'
import {
  type ApplicationDefinition,
  type ApplicationInput,
  applicationDefinition,
  sumOf,
} from './application-definition.js'

/** The request; the client token comes with its sending. */
export type ApplicationRequest = Omit<CreateApplicationRequest, 'clientToken'>

/**
 * Decides an application of EMR Serverless: the request, and a reason for each of its settings. Pure.
 *
 * @throws TidewaterError `CONFIG_INVALID`, also for a release that is none
 */
export function planServerlessApplication(input: ApplicationInput): DesiredCluster<ApplicationRequest> {
  const definition = applicationDefinition(input)
  const release = releaseOf(definition.release)
  const request = requestOf(definition)
  const definitionHash = definitionHashOf(request)
  return {
    kind: 'emr-serverless',
    name: definition.name,
    input: { ...request, tags: withManagedTags(definition.tags, definitionHash) },
    definitionHash,
    settings: {
      release: definition.release,
      architecture: definition.architecture,
      subnets:
        definition.network === undefined ? 'none' : [...definition.network.subnetIds].sort().join(', '),
      autoStopAfterIdleMinutes: String(definition.autoStopAfterIdleMinutes),
      maximumCapacity: capacityText(definition.maximumCapacity),
    },
    decisions: decisionsOf(definition, release),
    findings: findingsOf(definition, release),
    access: accessOf(definition),
  }
}

/** As it is compared and shown. */
export function capacityText(
  capacity: { cpu?: string | undefined; memory?: string | undefined; disk?: string | undefined } | undefined,
): string {
  const parts = [capacity?.cpu, capacity?.memory, capacity?.disk].filter((part) => part !== undefined)
  return parts.length === 0 ? 'none' : parts.join(', ')
}

function requestOf(definition: ApplicationDefinition): ApplicationRequest {
  const { name, release, architecture, network, initialCapacity, maximumCapacity, logLocation } = definition
  return {
    name,
    releaseLabel: release,
    type: 'SPARK',
    architecture: architecture === 'arm64' ? 'ARM64' : 'X86_64',
    autoStartConfiguration: { enabled: true },
    autoStopConfiguration: { enabled: true, idleTimeoutMinutes: definition.autoStopAfterIdleMinutes },
    ...(network === undefined
      ? {}
      : {
          networkConfiguration: {
            subnetIds: [...network.subnetIds],
            securityGroupIds: [...network.securityGroupIds],
          },
        }),
    ...(initialCapacity === undefined
      ? {}
      : {
          initialCapacity: {
            ...(initialCapacity.driver === undefined ? {} : { DRIVER: readyOf(initialCapacity.driver) }),
            ...(initialCapacity.executor === undefined
              ? {}
              : { EXECUTOR: readyOf(initialCapacity.executor) }),
          },
        }),
    ...(maximumCapacity === undefined
      ? {}
      : {
          maximumCapacity: {
            cpu: maximumCapacity.cpu,
            memory: maximumCapacity.memory,
            ...(maximumCapacity.disk === undefined ? {} : { disk: maximumCapacity.disk }),
          },
        }),
    ...(logLocation === undefined
      ? {}
      : { monitoringConfiguration: { s3MonitoringConfiguration: { logUri: logLocation } } }),
  }
}

function readyOf({
  count,
  vCpus,
  memoryGb,
  diskGb,
}: {
  count: number
  vCpus: number
  memoryGb: number
  diskGb: number
}) {
  return {
    workerCount: count,
    workerConfiguration: { cpu: `${vCpus} vCPU`, memory: `${memoryGb} GB`, disk: `${diskGb} GB` },
  }
}

function decisionsOf(definition: ApplicationDefinition, release: Release): Decision[] {
  const { network, initialCapacity, autoStopAfterIdleMinutes, logLocation } = definition
  const ready = Object.entries(initialCapacity ?? {}).flatMap(([role, workers]) =>
    workers === undefined
      ? []
      : [`${workers.count} × ${role} of ${workers.vCpus} vCPU, ${workers.memoryGb} GB`],
  )
  return [
    {
      setting: 'release',
      value: definition.release,
      reason: `Spark ${release.sparkVersion}, Iceberg ${release.icebergVersion}, Scala ${release.scalaVersion}`,
    },
    {
      setting: 'architecture',
      value: definition.architecture,
      reason: 'of all workers; native libraries in the artifact have to match it',
    },
    {
      setting: 'network',
      value:
        network === undefined
          ? 'none'
          : `${network.subnetIds.join(', ')} with ${network.securityGroupIds.join(', ')}`,
      reason: 'belongs to the application: every run is in it, and reaches what these groups are let in to',
    },
    {
      setting: 'ready workers',
      value: ready.length === 0 ? 'none' : ready.join('; '),
      reason:
        ready.length === 0
          ? 'a run waits for its workers, about a minute or two; a stream does so once'
          : 'runs begin at once; they are billed from start to stop of the application',
    },
    {
      setting: 'maximum capacity',
      value: capacityText(definition.maximumCapacity),
      reason:
        definition.maximumCapacity === undefined
          ? "only the account's quota limits what runs take"
          : 'runs wait for workers rather than exceed it',
    },
    { setting: 'starts by itself', value: 'true', reason: 'a submitted run starts the application' },
    {
      setting: 'stops by itself',
      value: `after ${autoStopAfterIdleMinutes} idle min`,
      reason: 'ready workers of an idle application are billed; a streaming run keeps it from being idle',
    },
    { setting: 'log location', value: logLocation ?? 'none', reason: 'for runs that name none themselves' },
  ]
}

function findingsOf(definition: ApplicationDefinition, release: Release): Finding[] {
  const { name, network, initialCapacity } = definition
  const findings: Finding[] = release.finding === undefined ? [] : [release.finding]
  if (network === undefined) {
    findings.push({
      id: 'emr.no-network',
      severity: definition.kafka === undefined ? 'warning' : 'error',
      subject: name,
      evidence: 'no network',
      reason: 'Brokers of MSK have addresses in a VPC only, so no run of this application reaches them.',
      fix: "Give subnets and security groups of the brokers' VPC; private subnets with a way to S3, Glue and STS.",
    })
  }
  const ready = sumOf(initialCapacity)
  if (ready !== undefined) {
    const dollars =
      ready.vCpus * serverlessPrices.dollarsPerVCpuHour + ready.memoryGb * serverlessPrices.dollarsPerGbHour
    findings.push({
      id: 'emr.ready-workers-price',
      severity: 'info',
      subject: name,
      evidence: `${ready.vCpus} vCPU and ${ready.memoryGb} GB stand ready: about $${dollars.toFixed(2)} per hour (list price, us-east-1, x86_64)`,
      reason: 'They are billed while the application is started, whether runs use them or not.',
      fix: 'Leave initialCapacity out where runs may wait for their workers.',
    })
  }
  return findings
}

function accessOf({ kafka, network }: ApplicationDefinition): AccessNeeds {
  // Runs bring their roles themselves.
  if (kafka === undefined || network === undefined) return { roles: [] }
  const nodes = [{ nodes: 'workers', securityGroupIds: network.securityGroupIds }]
  return { roles: [], kafka: { brokers: kafka, nodes } }
}
