import { TidewaterError } from '../errors.js'
import { sources } from './sources.js'

export interface PolicyStatement {
  readonly Sid: string
  readonly Effect: 'Allow'
  readonly Action: readonly string[]
  readonly Resource: readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
}

/** An identity-based IAM policy, as `aws iam create-policy --policy-document` takes it. */
export interface PolicyDocument {
  readonly Version: '2012-10-17'
  readonly Statement: readonly PolicyStatement[]
}

/** Why a statement is there. */
export interface StatementExplanation {
  readonly sid: string
  readonly why: string
  /** Where that is written. */
  readonly source: string
}

export interface IamPolicy {
  readonly document: PolicyDocument
  /** One for each statement, in the same order. */
  readonly explanations: readonly StatementExplanation[]
}

/** A statement together with its explanation. */
export interface Grant {
  readonly sid: string
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly condition?: PolicyStatement['Condition']
  readonly why: string
  readonly source: string
}

/** IAM's limit for a customer managed policy; white space isn't counted. */
export const maxPolicyCharacters = 6_144

/** Characters as IAM counts them: all but white space. */
export function countPolicyCharacters(document: unknown): number {
  return JSON.stringify(document).replace(/\s/g, '').length
}

/**
 * The document in a stable order: statements as given, resources sorted and without repetition.
 *
 * @throws TidewaterError `CONFIG_INVALID` when the document is longer than IAM accepts
 */
export function buildPolicy(grants: readonly Grant[]): IamPolicy {
  const document: PolicyDocument = {
    Version: '2012-10-17',
    Statement: grants.map(({ sid, actions, resources, condition }) => ({
      Sid: sid,
      Effect: 'Allow',
      Action: actions,
      Resource: [...new Set(resources)].sort(),
      ...(condition === undefined ? {} : { Condition: condition }),
    })),
  }
  const characters = countPolicyCharacters(document)
  if (characters > maxPolicyCharacters) {
    throw new TidewaterError(
      'CONFIG_INVALID',
      `The policy has ${characters} characters without white space; IAM accepts ${maxPolicyCharacters}`,
      {
        remedy:
          'Replace names that begin alike by one prefix wildcard, or make several policies and attach them all.',
        details: { characters, maxPolicyCharacters, source: sources.iamQuotas },
      },
    )
  }
  return { document, explanations: grants.map(({ sid, why, source }) => ({ sid, why, source })) }
}
