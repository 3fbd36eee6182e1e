import { TidewaterError } from '@tidewater/core'
import { z } from 'zod'

const decisionSchema = z.object({
  /** ISO 8601. */
  at: z.string(),
  kind: z.enum([
    'authentication',
    'reauthentication',
    'authorization',
    'session-ended',
    'connection-refused',
  ]),
  /** `OAUTHBEARER` or `AWS_MSK_IAM`. */
  mechanism: z.string().optional(),
  /** ARN of the identity, once it is known. */
  principal: z.string().optional(),
  accessKeyId: z.string().optional(),
  clientId: z.string().optional(),
  /** Such as `kafka-cluster:WriteData`. */
  action: z.string().optional(),
  /** ARN. */
  resource: z.string().optional(),
  result: z.enum(['allowed', 'denied']),
  reason: z.string(),
  /** Of an authentication that was allowed. */
  sessionSeconds: z.number().optional(),
})

/** What the local broker decided about a client, and why. */
export type Decision = Readonly<z.output<typeof decisionSchema>>

/**
 * The decisions in a log of one JSON object per line. A last line without its end is still being written and belongs to
 * the next reading.
 *
 * @throws TidewaterError `INTERNAL` naming the line
 */
export function parseDecisions(log: string, file: string): Decision[] {
  const lines = log.split('\n').slice(0, -1)
  return lines.map((line, index) => {
    try {
      return decisionSchema.parse(JSON.parse(line))
    } catch (thrown) {
      throw new TidewaterError(
        'INTERNAL',
        `Line ${index + 1} of ${file} is no decision: ${line.slice(0, 200)}`,
        {
          cause: thrown,
        },
      )
    }
  })
}
