import { z } from 'zod'
import { parseConfig } from '../config/parse.js'

/** A statement of a policy somebody else wrote, with its lists as lists. */
export interface ReadStatement {
  /** How findings call it: its Sid, or its position from 1. */
  readonly label: string
  readonly sid: string | undefined
  readonly effect: 'Allow' | 'Deny'
  /** From `NotAction` when `exceptActions`. */
  readonly actions: readonly string[]
  readonly exceptActions: boolean
  /** From `NotResource` when `exceptResources`. Policy variables such as `${aws:username}` have become `?*`. */
  readonly resources: readonly string[]
  readonly exceptResources: boolean
  /** Whether a condition or a policy variable decides, per request, if and to what it applies. */
  readonly dependsOnRequest: boolean
}

const texts = z.union([z.string(), z.array(z.string()).min(1)])
const nowhere = z
  .undefined('an identity-based policy has no principal: who it is for is who it is attached to')
  .optional()

const statementSchema = z
  .strictObject({
    Sid: z.string().optional(),
    Effect: z.enum(['Allow', 'Deny']),
    Principal: nowhere,
    NotPrincipal: nowhere,
    Action: texts.optional(),
    NotAction: texts.optional(),
    Resource: texts.optional(),
    NotResource: texts.optional(),
    Condition: z.record(z.string(), z.unknown()).optional(),
  })
  .refine(({ Action, NotAction }) => (Action === undefined) !== (NotAction === undefined), {
    message: 'a statement has either Action or NotAction',
  })
  .refine(({ Resource, NotResource }) => (Resource === undefined) !== (NotResource === undefined), {
    message: 'a statement has either Resource or NotResource',
  })

const policySchema = z.strictObject({
  // With any other version IAM takes ${…} literally, or refuses the document.
  Version: z.literal('2012-10-17'),
  Id: z.string().optional(),
  // IAM takes a single statement without its list.
  Statement: z.preprocess(
    (value) => (Array.isArray(value) ? value : [value]),
    z.array(statementSchema).min(1, 'at least one statement is needed').max(1_000),
  ),
})

/** @throws TidewaterError `CONFIG_INVALID` when it isn't an identity-based IAM policy */
export function readPolicy(document: unknown): readonly ReadStatement[] {
  return parseConfig(policySchema, document, 'IAM policy').Statement.map((statement, index) => {
    const { Sid: sid, Effect: effect, Action, NotAction, Resource, NotResource, Condition } = statement
    return {
      label: sid === undefined || sid === '' ? `statement ${index + 1}` : `statement ${sid}`,
      sid,
      effect,
      actions: listOf(Action ?? NotAction),
      exceptActions: NotAction !== undefined,
      resources: listOf(Resource ?? NotResource).map(withoutVariables),
      exceptResources: NotResource !== undefined,
      dependsOnRequest:
        (Condition !== undefined && Object.keys(Condition).length > 0) ||
        listOf(Resource ?? NotResource).some((resource) => variable.test(resource)),
    }
  })
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}

const variable = /\$\{[^}]*\}/

// A variable's value is only known when a request is made; it is never empty.
function withoutVariables(resource: string): string {
  return resource.replace(new RegExp(variable, 'g'), '?*')
}
