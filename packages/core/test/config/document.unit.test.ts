import { describe, expect, it } from 'vitest'
import { documentValidator } from '../../src/config/document.js'

const validate = documentValidator<{ shape: unknown; size?: number }>(
  {
    type: 'object',
    additionalProperties: false,
    required: ['shape'],
    properties: {
      size: { type: 'integer', minimum: 1, default: 7 },
      shape: {
        type: 'object',
        discriminator: { propertyName: 'type' },
        oneOf: [
          {
            type: 'object',
            additionalProperties: false,
            required: ['type'],
            properties: { type: { enum: ['dot'] } },
          },
          {
            type: 'object',
            additionalProperties: false,
            required: ['type', 'edgeCount'],
            properties: { type: { enum: ['polygon'] }, edgeCount: { type: 'integer', minimum: 3 } },
          },
        ],
      },
    },
  },
  'drawing',
  'JOB_INVALID',
)

function problemsOf(document: unknown): unknown {
  try {
    validate(document)
  } catch (error) {
    return (error as { details: { problems: unknown } }).details.problems
  }
  return 'valid'
}

describe('documentValidator', () => {
  it('fills in defaults in a copy', () => {
    const input = { shape: { type: 'dot' } }
    expect(validate(input)).toEqual({ shape: { type: 'dot' }, size: 7 })
    expect(input).toEqual({ shape: { type: 'dot' } })
  })

  it('names an unknown field and a missing one', () => {
    expect(problemsOf({ shap: 1 })).toEqual([
      { path: '/shape', problem: 'is required', value: 'nothing' },
      { path: '/shap', problem: 'is not a known field', value: '1' },
    ])
  })

  it('reports only the branch that the document means', () => {
    expect(problemsOf({ shape: { type: 'polygon', edgeCount: 2 } })).toEqual([
      { path: '/shape/edgeCount', problem: 'must be >= 3', value: '2' },
    ])
  })

  it('lists the values of every branch when the document means none', () => {
    expect(problemsOf({ shape: { type: 'circle' } })).toEqual([
      { path: '/shape/type', problem: 'must be one of dot, polygon', value: '"circle"' },
    ])
  })

  it('says so when the value can have no branch', () => {
    expect(problemsOf({ shape: 5 })).toEqual([{ path: '/shape', problem: 'must be object', value: '5' }])
  })

  it('carries the code, the subject and a remedy', () => {
    expect(() => validate({ shape: { type: 'dot' }, size: 0 })).toThrowError(
      expect.objectContaining({
        code: 'JOB_INVALID',
        message: 'Invalid drawing: /size must be >= 1, got 0',
        remedy: 'Correct /size.',
      }),
    )
  })
})

it('a value under the name of a secret is never repeated, known field or not', () => {
  const validate = documentValidator(
    {
      type: 'object',
      additionalProperties: false,
      properties: { auth: { type: 'object', properties: { password: { type: 'string', minLength: 20 } } } },
    },
    'document',
    'JOB_INVALID',
  )
  for (const document of [
    { auth: { password: 'hunter2' } },
    { secretAccessKey: 'hunter2' },
    { auth: { password: 12345678 } },
  ]) {
    let thrown: unknown
    try {
      validate(document)
    } catch (error) {
      thrown = error
    }
    const text = JSON.stringify(thrown)
    expect(text).toContain('(hidden)')
    expect(text).not.toMatch(/hunter2|12345678/)
  }
})
