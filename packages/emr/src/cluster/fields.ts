import { z } from 'zod'

/** The fields that definitions of several kinds have. */

const different = (ids: readonly string[]) => new Set(ids).size === ids.length

export const clusterName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'must be 1 to 64 letters, digits, dots, hyphens and underscores',
  )

export const subnetIds = z
  .array(z.string().regex(/^subnet-[0-9a-z]+$/, 'must be a subnet id such as subnet-0a1b2c3d'))
  .min(1)
  .max(16)
  .refine(different, 'must all be different')

export const securityGroupId = z
  .string()
  .regex(/^sg-[0-9a-z]+$/, 'must be a security group id such as sg-0a1b2c3d')

export const securityGroupIds = z.array(securityGroupId).refine(different, 'must all be different')

export const s3Location = z
  .string()
  .regex(/^s3:\/\/[^/]+(\/.*)?$/, 'must be a location such as s3://bucket/folder')

// EMR's own limit is 50, of which two are ours.
export const tags = z
  .record(z.string().min(1).max(128), z.string().max(256))
  .refine((all) => Object.keys(all).length <= 48, 'there may be 48 of them')
  .refine(
    (all) => Object.keys(all).every((key) => !/^(aws|tidewater):/i.test(key)),
    'the prefixes aws: and tidewater: are reserved',
  )
  .default({})

/** The Kafka that jobs read, for the check of its inbound rules. */
export const kafka = z.strictObject({
  /** Security groups of the brokers: of an MSK cluster, those it was created with. */
  securityGroupIds: securityGroupIds.min(1),
  /** How jobs log in, which decides the port: 9098, 9094 or 9092. Default `iam`. */
  access: z.enum(['iam', 'tls', 'plaintext']).default('iam'),
})

export type KafkaAccess = Readonly<z.output<typeof kafka>>
