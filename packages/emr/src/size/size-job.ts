import { parseConfig } from '@tidewater/core'
import {
  type Ec2Options,
  ec2Schema,
  type ServerlessOptions,
  type SizeInput,
  serverlessSchema,
} from './options.js'
import { coreRate, targetUtilisation } from './rate.js'
import { sizeEc2 } from './size-ec2.js'
import { sizeServerless } from './size-serverless.js'
import type { CoreNeed, Ec2Sizing, ServerlessSizing, Sizing } from './sizing.js'

/**
 * How large a streaming job's cluster or Serverless application has to be: enough cores for the rate, at least one for each
 * partition, in the shapes AWS has, with what they cost.
 *
 * @throws TidewaterError `CONFIG_INVALID` for an option out of bounds, and for shapes that AWS doesn't have
 */
export function sizeJob(input: SizeInput & { readonly target: 'serverless' }): ServerlessSizing
export function sizeJob(input: SizeInput & { readonly target?: 'ec2' | undefined }): Ec2Sizing
export function sizeJob(input: SizeInput): Sizing
export function sizeJob(input: SizeInput): Sizing {
  // By hand, because a union's error would speak of both targets.
  if (input.target === 'serverless') {
    const options = parseConfig(serverlessSchema, input, 'sizing for EMR Serverless')
    return sizeServerless(options, needOf(options))
  }
  const options = parseConfig(ec2Schema, input, 'sizing for EMR on EC2')
  return sizeEc2(options, needOf(options))
}

function needOf(options: Ec2Options | ServerlessOptions): CoreNeed {
  const { recordsPerSecond, partitions } = options
  const rate = coreRate(options)
  const coresForRate = Math.ceil(recordsPerSecond / (rate.recordsPerSecond * targetUtilisation))
  const share = `${Math.round(targetUtilisation * 100)} %`
  return {
    recordsPerSecondPerCore: rate.recordsPerSecond,
    coresForRate,
    cores: Math.max(coresForRate, partitions),
    reason: `${coresForRate} cores work off ${recordsPerSecond} records a second at ${share} of their time, at ${rate.recordsPerSecond} a core (${rate.reason}); ${partitions} partitions need as many to be read at once`,
    source: rate.source,
  }
}
