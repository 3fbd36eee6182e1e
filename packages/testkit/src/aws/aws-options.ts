import { z } from 'zod'
import { athenaOptionsSchema } from './athena/athena-options.js'

/** What a caller may say about the AWS services of a local stack. */
export const awsOptionsSchema = z.strictObject({
  /** Port of the endpoint on 127.0.0.1. Default: a free one. */
  port: z.int().min(1).max(65_535).optional(),
  /** Buckets that are there from the start. Default: `tidewater`. */
  buckets: z.array(z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)).default(['tidewater']),
  /**
   * Refuses requests beyond EMR's limits with ThrottlingException, as the service does: most operations 10 at once and then
   * one in two seconds. Default false.
   */
  throttled: z.boolean().default(false),
  /** How long clusters and applications take to start, and to end; minutes on AWS. Default 500. */
  transitionMs: z.int().min(0).max(600_000).default(500),
  /** How Athena behaves. */
  athena: athenaOptionsSchema.prefault({}),
})

export type AwsOptions = z.input<typeof awsOptionsSchema>
export type LocalAwsConfig = Readonly<z.output<typeof awsOptionsSchema>>
