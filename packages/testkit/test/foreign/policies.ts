import type { PolicyDocument } from '../../src/index.js'

/** The cluster that policies name. */
export const clusterArn =
  'arn:aws:kafka:us-east-1:123456789012:cluster/foreign/7d9f1c34-2b6a-4c58-9e07-5a1d3b8e6f20-2'

/** ARN of something within the cluster. */
export function within(type: 'topic' | 'group', name: string): string {
  return `${clusterArn.replace(':cluster/', `:${type}/`)}/${name}`
}

/** A policy document of statements that allow kafka-cluster actions. */
export function allow(
  ...statements: readonly (readonly [actions: readonly string[], resource: string])[]
): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: statements.map(([actions, resource]) => ({
      Effect: 'Allow',
      Action: actions.map((action) => `kafka-cluster:${action}`),
      Resource: resource,
    })),
  }
}

export const everything = allow([['*'], '*'])
