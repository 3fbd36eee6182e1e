import type { AwsCredentials, AwsCredentialsProvider, MskIamConfig } from './options.js'

// What the SDK calls a session of a role assumed by a profile that names none; it holds the time, so every refresh would
// be another principal.
const unnamedSession = /^aws-sdk-js-\d+$/

/** The provider that an `mskIam` configuration stands for; nothing is asked of it yet. */
export async function credentialsProvider(
  config: MskIamConfig,
  sessionName: string,
): Promise<AwsCredentialsProvider> {
  const base = await baseProvider(config, sessionName)
  if (config.roleArn === undefined) return base
  const { fromTemporaryCredentials } = await import('@aws-sdk/credential-providers')
  const assumedRole = fromTemporaryCredentials({
    masterCredentials: base as never,
    params: {
      RoleArn: config.roleArn,
      RoleSessionName: sessionName,
      DurationSeconds: config.roleDurationSeconds,
      ...(config.externalId === undefined ? {} : { ExternalId: config.externalId }),
    },
    clientConfig: stsConfig(config),
  })
  // It keeps nothing: each call assumes the role anew.
  return () => assumedRole()
}

async function baseProvider(config: MskIamConfig, sessionName: string): Promise<AwsCredentialsProvider> {
  const { credentials, profile } = config
  if (typeof credentials === 'function') return credentials
  if (credentials !== undefined) return async (): Promise<AwsCredentials> => credentials
  const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers')
  const { getDefaultRoleAssumer, getDefaultRoleAssumerWithWebIdentity } = await import('@aws-sdk/client-sts')
  const assumeRole = getDefaultRoleAssumer(stsConfig(config))
  return fromNodeProviderChain({
    ...(profile === undefined ? {} : { profile }),
    // Of a web identity (a service account's role), unless AWS_ROLE_SESSION_NAME says otherwise.
    roleSessionName: process.env.AWS_ROLE_SESSION_NAME ?? sessionName,
    roleAssumerWithWebIdentity: getDefaultRoleAssumerWithWebIdentity(stsConfig(config)),
    roleAssumer: (source, params) =>
      assumeRole(
        source,
        unnamedSession.test(params.RoleSessionName ?? '')
          ? { ...params, RoleSessionName: sessionName }
          : params,
      ),
  }) as AwsCredentialsProvider
}

export function stsConfig(config: Pick<MskIamConfig, 'region' | 'stsEndpoint'>) {
  return {
    region: config.region,
    ...(config.stsEndpoint === undefined ? {} : { endpoint: config.stsEndpoint }),
  }
}
