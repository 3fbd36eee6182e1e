import { TidewaterError } from '../errors.js'

/**
 * The topic API carries configs as the Base64 of a JSON object. Its reference only says Base64; that it is JSON is what
 * Terraform's and CloudFormation's topic resources send, with values as strings.
 */
export function encodeTopicConfigs(configs: Readonly<Record<string, string>>): string {
  return Buffer.from(JSON.stringify(configs), 'utf8').toString('base64')
}

/**
 * All effective configs of the topic, those the service adds included.
 *
 * @throws TidewaterError `AWS_REQUEST_FAILED` when the answer isn't of that form
 */
export function decodeTopicConfigs(configs: string | undefined): Readonly<Record<string, string>> {
  if (configs === undefined || configs === '') return {}
  let decoded: unknown
  try {
    decoded = JSON.parse(Buffer.from(configs, 'base64').toString('utf8'))
  } catch (cause) {
    throw unreadable(cause)
  }
  if (typeof decoded !== 'object' || decoded === null || Array.isArray(decoded)) throw unreadable(undefined)
  return Object.fromEntries(Object.entries(decoded).map(([name, value]) => [name, String(value)]))
}

function unreadable(cause: unknown): TidewaterError {
  return new TidewaterError('AWS_REQUEST_FAILED', "The topic's configs aren't the Base64 of a JSON object", {
    remedy: 'Read and change the configs with a Kafka client.',
    ...(cause === undefined ? {} : { cause }),
  })
}
