import { z } from 'zod'

const oneOrMore = (pattern: RegExp, what: string) => {
  const item = z.string().regex(pattern, `must be ${what}`)
  return z.union([item, z.array(item).min(1).readonly()], { error: `must be ${what}, or a list of such` })
}
const actions = oneOrMore(/^(\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$/, '* or <service>:<action>')
const resources = oneOrMore(/^(\*|arn:(?!.*\$\{).+)$/, '* or an ARN without policy variables')

/**
 * A statement of an identity policy. The local broker decides neither by conditions nor by NotAction and NotResource: a
 * statement about Kafka that has them is refused, since enforced in part it would pass on the laptop and fail on AWS.
 */
const statementSchema = z
  .strictObject({
    Sid: z.string().optional(),
    Effect: z.enum(['Allow', 'Deny']),
    /** Such as `kafka-cluster:WriteData`; `*` and `?` are wildcards. Those of other services mean nothing here. */
    Action: actions,
    /** ARNs of the cluster, its topics, groups and transactional ids; `*` and `?` are wildcards. */
    Resource: resources,
    /** Only in statements about other services, which a job's policy holds as well. */
    Condition: z.record(z.string(), z.unknown()).optional(),
  })
  .refine(({ Action, Condition }) => Condition === undefined || !concernsKafka(Action), {
    path: ['Condition'],
    message: 'is not evaluated by the local broker, so a statement about Kafka may have none',
  })

/** An IAM policy document, as `tidewater iam policy` prints it and `aws iam create-policy` takes it. */
export const policyDocumentSchema = z.strictObject({
  Version: z.literal('2012-10-17'),
  Id: z.string().optional(),
  Statement: z.array(statementSchema).min(1).readonly(),
})

export const policiesSchema = z.array(policyDocumentSchema).max(20).readonly()

export type PolicyDocument = Readonly<z.input<typeof policyDocumentSchema>>

/** What the broker is to enforce: the statements about Kafka. Those about other services may say what it can't read. */
export function kafkaPolicies(policies: readonly PolicyDocument[]): PolicyDocument[] {
  return policies.flatMap((policy) => {
    const statements = policy.Statement.filter(({ Action }) => concernsKafka(Action))
    return statements.length === 0 ? [] : [{ ...policy, Statement: statements }]
  })
}

/** Whether any of the actions may be one of Kafka's: anything that does not plainly name another service. */
function concernsKafka(actions: string | readonly string[]): boolean {
  return [actions].flat().some((action) => /^kafka-cluster:/i.test(action) || !/^[a-z0-9-]+:/i.test(action))
}
