import { Ajv, type ErrorObject } from 'ajv'
import { type ErrorCode, TidewaterError } from '../errors.js'
import { describeValue, describeValueAt } from './parse.js'

/** One wrong place in a document. */
export interface DocumentProblem {
  /** JSON Pointer, such as `/source/topic`; empty for the document itself. */
  readonly path: string
  readonly problem: string
  readonly value: string
}

/**
 * Compiles a JSON Schema (draft-07) into a function that returns a copy of a document with its defaults filled in.
 *
 * The documents that cross into Python are described by JSON Schema files that both sides read, so that there is one
 * contract; this is the TypeScript side.
 *
 * @param subject what the document is, for messages, such as `Spark job`
 * @param code the error's code when the document is wrong
 */
export function documentValidator<T>(
  schema: object,
  subject: string,
  code: ErrorCode,
): (document: unknown) => T {
  // strict: false, because draft-07 annotations that Ajv doesn't know are legitimate in a shared schema.
  const validate = new Ajv({
    allErrors: true,
    useDefaults: true,
    strict: false,
    verbose: true,
    discriminator: true,
  }).compile(schema)
  return (document) => {
    const copy: unknown = structuredClone(document)
    if (validate(copy)) return copy as T
    const problems = problemsOf(validate.errors ?? [], schema)
    const text = problems.map(({ path, problem, value }) => `${path || '(root)'} ${problem}, got ${value}`)
    throw new TidewaterError(code, `Invalid ${subject}: ${text.join('; ')}`, {
      remedy: `Correct ${problems.map(({ path }) => path || 'the document').join(', ')}.`,
      details: { problems },
    })
  }
}

function problemsOf(errors: readonly ErrorObject[], root: object): DocumentProblem[] {
  // `oneOf` without a discriminator reports the errors of every branch beside its own; its own says enough.
  const choices = errors.filter(({ keyword }) => keyword === 'oneOf').map(({ instancePath }) => instancePath)
  const inBranch = (error: ErrorObject) =>
    error.keyword !== 'oneOf' && choices.some((path) => `${error.instancePath}/`.startsWith(`${path}/`))
  const problems = errors
    .filter((error) => error.keyword !== 'if' && !inBranch(error))
    .map((error) => problemOf(error, root))
  return problems.filter(
    (problem, index) =>
      problems.findIndex((other) => other.path === problem.path && other.problem === problem.problem) ===
      index,
  )
}

function problemOf(error: ErrorObject, root: object): DocumentProblem {
  const value = describeValueAt(error.instancePath.split('/'), error.data)
  switch (error.keyword) {
    case 'additionalProperties': {
      const name = String(error.params.additionalProperty)
      return {
        path: `${error.instancePath}/${name}`,
        problem: 'is not a known field',
        value: describeValueAt(
          [...error.instancePath.split('/'), name],
          (error.data as Record<string, unknown>)[name],
        ),
      }
    }
    case 'required':
      return {
        path: `${error.instancePath}/${error.params.missingProperty}`,
        problem: 'is required',
        value: 'nothing',
      }
    case 'enum':
      return {
        path: error.instancePath,
        problem: `must be one of ${error.params.allowedValues.join(', ')}`,
        value,
      }
    case 'discriminator': {
      const { tag, tagValue } = error.params
      return {
        path: `${error.instancePath}/${tag}`,
        problem: `must be one of ${tagsOf(error.parentSchema as TaggedSchema | undefined, String(tag), root).join(', ')}`,
        value: tagValue === undefined ? 'nothing' : describeValue(tagValue),
      }
    }
    case 'oneOf':
      return { path: error.instancePath, problem: 'has none of the allowed forms', value }
    case 'not':
      // Of a field that another one excludes; its description says which.
      return {
        path: error.instancePath,
        problem: `is not allowed here${descriptionOf(error.parentSchema)}`,
        value,
      }
    case 'const':
      return {
        path: error.instancePath,
        problem: `must be ${describeValue(error.params.allowedValue)}`,
        value,
      }
    default:
      return { path: error.instancePath, problem: error.message ?? 'is invalid', value }
  }
}

function descriptionOf(schema: unknown): string {
  const description = (schema as { description?: unknown } | undefined)?.description
  return typeof description === 'string' ? ` (${description})` : ''
}

interface TaggedSchema {
  readonly $ref?: string
  readonly oneOf?: readonly TaggedSchema[]
  readonly properties?: Readonly<
    Record<string, { readonly enum?: readonly unknown[]; readonly const?: unknown }>
  >
}

/** The values a discriminator may have, over all branches; a branch may be a reference into the document's definitions. */
function tagsOf(choice: TaggedSchema | undefined, tag: string, root: object): unknown[] {
  return (choice?.oneOf ?? []).flatMap((branch) => {
    const resolved = branch.$ref === undefined ? branch : resolveReference(branch.$ref, root)
    const field = resolved?.properties?.[tag]
    return field?.enum ?? (field?.const === undefined ? [] : [field.const])
  })
}

function resolveReference(reference: string, root: object): TaggedSchema | undefined {
  const steps = reference.replace(/^#\//, '').split('/')
  return steps.reduce<unknown>((node, step) => (node as Record<string, unknown> | undefined)?.[step], root) as
    | TaggedSchema
    | undefined
}
