import type { CreateVirtualClusterRequest } from '@aws-sdk/client-emr-containers'
import { parseConfig } from '@tidewater/core'
import { z } from 'zod'
import { clusterName, tags } from '../cluster/fields.js'
import { definitionHashOf, withManagedTags } from '../cluster/managed-tags.js'
import type { DesiredCluster } from '../cluster/service.js'

export const virtualClusterSchema = z.strictObject({
  /** Not unique to the service: with our tag it is what the virtual cluster is found by. */
  name: clusterName,
  /** Name of the EKS cluster, which exists, and lets EMR into the namespace. */
  eksCluster: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/, 'must be the name of an EKS cluster'),
  /** Of Kubernetes; it belongs to one virtual cluster. */
  namespace: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be a name of a Kubernetes namespace'),
  tags,
})

export type VirtualClusterInput = z.input<typeof virtualClusterSchema>

/** The request; the client token comes with its sending. */
export type VirtualClusterRequest = Omit<CreateVirtualClusterRequest, 'clientToken'>

/**
 * Decides a virtual cluster of EMR on EKS: the request, and why it is so. Pure. Release, roles and capacity belong to its job runs and
 * to the EKS cluster, not to it.
 *
 * @throws TidewaterError `CONFIG_INVALID`
 */
export function planVirtualCluster(input: VirtualClusterInput): DesiredCluster<VirtualClusterRequest> {
  const definition = parseConfig(virtualClusterSchema, input, 'virtual cluster')
  const { name, eksCluster, namespace } = definition
  const request: VirtualClusterRequest = {
    name,
    containerProvider: { type: 'EKS', id: eksCluster, info: { eksInfo: { namespace } } },
  }
  const definitionHash = definitionHashOf(request)
  return {
    kind: 'emr-eks',
    name,
    input: { ...request, tags: withManagedTags(definition.tags, definitionHash) },
    definitionHash,
    settings: { eksCluster, namespace },
    decisions: [
      {
        setting: 'EKS cluster',
        value: eksCluster,
        reason: 'its nodes run drivers and executors; EMR has none of its own',
      },
      {
        setting: 'namespace',
        value: namespace,
        reason: 'pods of all runs are in it; another virtual cluster needs another one',
      },
    ],
    findings: [],
    access: { roles: [] },
  }
}
