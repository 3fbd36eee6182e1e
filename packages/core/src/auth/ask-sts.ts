import { messageOf } from '../errors.js'
import { stsConfig } from './credentials-source.js'
import { type CredentialsVerdict, verdictOf } from './explain-denial.js'
import type { AwsCredentials, MskIamConfig } from './options.js'

const stsTimeoutMs = 5_000

/** Asks STS whose the credentials are (`GetCallerIdentity`, which needs no permission). Never rejects. */
export async function askSts(
  config: Pick<MskIamConfig, 'region' | 'stsEndpoint'>,
  credentials: AwsCredentials,
): Promise<CredentialsVerdict> {
  const { STSClient, GetCallerIdentityCommand } = await import('@aws-sdk/client-sts')
  const client = new STSClient({
    ...stsConfig(config),
    credentials: { ...credentials } as never,
    maxAttempts: 1,
  })
  // The SDK learns the clock's offset from the Date header of an answer, also of one that refuses.
  const clockOffsetMs = () => -client.config.systemClockOffset
  try {
    const { Arn } = await client.send(new GetCallerIdentityCommand({}), {
      abortSignal: AbortSignal.timeout(stsTimeoutMs),
    })
    return { kind: 'valid', arn: Arn ?? 'the principal', clockOffsetMs: clockOffsetMs() }
  } catch (thrown) {
    const verdict = verdictOf((thrown as { name?: string }).name ?? 'Error', messageOf(thrown))
    return verdict.kind === 'skewed' ? { ...verdict, clockOffsetMs: clockOffsetMs() } : verdict
  } finally {
    client.destroy()
  }
}
