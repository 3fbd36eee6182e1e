import type { Finding } from '../finding.js'
import { type KafkaActionName, type KafkaResourceType, kafkaActions } from './kafka-actions.js'
import {
  actionsMatchedBy,
  isKafkaAction,
  isServerless,
  partsOf,
  siblingResource,
  typesMatchedBy,
} from './kafka-resources.js'
import { intersects } from './pattern.js'
import type { ReadStatement } from './read-policy.js'

/** What a statement shows by itself. */
export function checkStatement(statement: ReadStatement): readonly Finding[] {
  return [
    ...checkExceptions(statement),
    ...(statement.exceptActions ? [] : [...checkKnown(statement), ...checkWideActions(statement)]),
    ...(statement.exceptActions || statement.exceptResources
      ? []
      : [...checkShapes(statement), ...checkTypes(statement), ...checkServerless(statement)]),
    ...(statement.exceptResources ? [] : checkWideResources(statement)),
  ]
}

function checkExceptions({ label, effect, exceptActions, exceptResources }: ReadStatement): Finding[] {
  if (effect === 'Deny') return []
  const elements = [...(exceptActions ? ['NotAction'] : []), ...(exceptResources ? ['NotResource'] : [])]
  return elements.map((element) => ({
    id: 'iam.allow-all-but',
    severity: 'warning',
    subject: `${label}, ${element}`,
    evidence: `Allow with ${element}`,
    reason: 'It allows whatever is not named, also what AWS adds later.',
    fix: `Name what is allowed in ${element.slice('Not'.length)} instead.`,
  }))
}

function checkKnown({ label, actions }: ReadStatement): Finding[] {
  return actions
    .filter((action) => isKafkaAction(action) && actionsMatchedBy(action).length === 0)
    .map((action) => ({
      id: 'iam.unknown-action',
      severity: 'error',
      subject: `${label}, ${action}`,
      evidence: `no kafka-cluster action is called ${action}`,
      reason: 'IAM accepts the name and never matches it, so nothing is allowed or denied by it.',
      fix: `Use one of ${Object.keys(kafkaActions).join(', ')}.`,
    }))
}

function checkWideActions({ label, effect, actions }: ReadStatement): Finding[] {
  if (effect === 'Deny') return []
  return actions
    .filter((action) => /[*?]/.test(action) && actionsMatchedBy(action).length > 0)
    .map((action) => ({
      id: 'iam.wide-action',
      severity: 'warning',
      subject: `${label}, ${action}`,
      evidence: `it stands for ${actionsMatchedBy(action).join(', ')}`,
      reason: 'A role has rights it never uses, and gets each action AWS adds.',
      fix: 'Name the actions the role needs; "tidewater iam policy <role>" lists them.',
    }))
}

// An ARN that is cut short or has too many parts is accepted by IAM and never matches.
function checkShapes(statement: ReadStatement): Finding[] {
  if (!statement.actions.some(isKafkaAction)) return []
  return statement.resources
    .filter((resource) => isKafkaArn(resource) && typesMatchedBy(resource).length === 0)
    .map((resource) => ({
      id: 'iam.malformed-resource',
      severity: 'error',
      subject: `${statement.label}, ${resource}`,
      evidence: 'no ARN of a cluster, topic, group or transactional id can look like this',
      reason: 'IAM accepts it and never matches it.',
      fix: 'Write cluster/<name>/<uuid>, or topic, group or transactional-id/<name>/<uuid>/<name>.',
    }))
}

function checkTypes(statement: ReadStatement): Finding[] {
  const { label, actions, resources } = statement
  // A malformed resource has been reported; what its author meant it for is not known.
  if (checkShapes(statement).length > 0) return []
  const types = new Set(resources.flatMap(typesMatchedBy))
  const wrongActions = actions.flatMap((action) => {
    const stands = isKafkaAction(action) ? actionsMatchedBy(action) : []
    const [first] = stands
    if (first === undefined || stands.some((name) => types.has(kafkaActions[name].resource))) return []
    return { action, name: first, type: kafkaActions[first].resource }
  })
  const onlyKafka = actions.every(isKafkaAction)
  const wanted = new Set(actions.flatMap(actionsMatchedBy).map((name) => kafkaActions[name].resource))
  const unused = resources.filter((resource) => !typesMatchedBy(resource).some((type) => wanted.has(type)))
  return [
    ...wrongActions.map((wrong) => actionNeverMatches(label, resources, wrong)),
    ...(onlyKafka && wanted.size > 0 && wrongActions.length === 0 ? unused : []).map((resource) => ({
      id: 'iam.unused-resource',
      severity: 'warning' as const,
      subject: `${label}, ${resource}`,
      evidence: `its actions apply to ${[...wanted].join(', ')} ARNs`,
      reason: 'No action of the statement ever matches this resource.',
      fix: 'Remove the resource, or move it to the statement it belongs to.',
    })),
  ]
}

function actionNeverMatches(
  label: string,
  resources: readonly string[],
  { action, name, type }: { action: string; name: KafkaActionName; type: KafkaResourceType },
): Finding {
  const idempotent = 'Idempotent producers need it on the cluster.'
  const kafka = resources.find((resource) => partsOf(resource) !== undefined)
  const example = kafka === undefined ? `arn:…:kafka:…:${type}/…` : siblingResource(kafka, type)
  return {
    id: 'iam.action-never-matches',
    severity: 'error',
    subject: `${label}, ${action}`,
    evidence: `${action} applies to ${type} ARNs; Resource is ${resources.join(', ')}`,
    reason:
      `The action never matches, so it is not granted. ${name === 'WriteDataIdempotently' ? idempotent : ''}`.trim(),
    fix: `Move it to a statement whose Resource is ${type === 'cluster' ? example : `such as ${example}`}.`,
  }
}

function checkServerless({ label, effect, actions, resources }: ReadStatement): Finding[] {
  if (effect === 'Deny') return []
  return resources.filter(isServerless).flatMap((resource) =>
    actions
      .filter((action) => {
        const stands = isKafkaAction(action) ? actionsMatchedBy(action) : []
        return stands.length > 0 && stands.every((name) => !kafkaActions[name].onServerless)
      })
      .map((action) => ({
        id: 'iam.not-on-serverless',
        severity: 'warning' as const,
        subject: `${label}, ${action}`,
        evidence: `${resource} is a Serverless cluster`,
        reason: 'MSK Serverless does not know this action.',
        fix: 'Remove the action.',
      })),
  )
}

// Services this project's roles use, whose actions on data all take an ARN.
const scopedServices = ['s3', 'glue', 'kms', 'athena']

function checkWideResources(statement: ReadStatement): Finding[] {
  const { label, effect, actions, exceptActions, resources } = statement
  if (effect === 'Deny' || exceptActions) return []
  return resources.flatMap((resource) => {
    const forKafka = actions.some((action) => actionsMatchedBy(action).length > 0)
    const width = forKafka ? kafkaWidth(resource) : undefined
    const evidence = width?.evidence ?? otherWidth(resource, actions)
    if (evidence === undefined) return []
    return {
      id: 'iam.wide-resource',
      severity: width?.severity ?? ('warning' as const),
      subject: `${label}, ${resource}`,
      evidence,
      reason: 'The role may use what it has nothing to do with.',
      fix: 'Name the resources the role works on, or the prefix they share.',
    }
  })
}

function kafkaWidth(resource: string): Pick<Finding, 'severity' | 'evidence'> | undefined {
  if (typesMatchedBy(resource).length === 0) return undefined
  const parts = partsOf(resource)
  if (parts === undefined || typesMatchedBy(resource).length > 1) {
    return { severity: 'warning', evidence: 'it matches every cluster, topic, group and transactional id' }
  }
  const { type, clusterName, clusterUuid, name } = parts
  const open = (text: string) => /[*?]/.test(text)
  if ([parts.partition, parts.region, parts.accountId].some(open)) {
    return { severity: 'warning', evidence: 'it matches clusters of other accounts or regions' }
  }
  if (open(clusterName)) return { severity: 'warning', evidence: 'it matches clusters of other names' }
  if (type !== 'cluster' && (name === undefined || /^\*+$/.test(name))) {
    return { severity: 'warning', evidence: `it matches every ${type} of the cluster` }
  }
  if (clusterUuid === undefined || open(clusterUuid)) {
    return { severity: 'info', evidence: `it matches every cluster ever named ${clusterName}` }
  }
  return undefined
}

function otherWidth(resource: string, actions: readonly string[]): string | undefined {
  const services = scopedServices.filter(
    (service) =>
      // `s3:ListAllMyBuckets`, `kms:ListKeys` and their like take no ARN; `s3:ListBucket…` does.
      actions.some((action) => {
        const [prefix, name = ''] = action.toLowerCase().split(':')
        return prefix === service && (!name.startsWith('list') || name.startsWith('listbucket'))
      }) &&
      (resource === '*' || (intersects(resource, `arn:*:${service}:*`) && /^[^/]*:\*$/.test(resource))),
  )
  return services.length === 0 ? undefined : `it matches everything of ${services.join(', ')}`
}

function isKafkaArn(resource: string): boolean {
  return resource.split(':')[2] === 'kafka'
}
