import type { HttpRequest } from './loopback-server.js'
import { queryXml } from './query-xml.js'
import {
  type AwsCall,
  type AwsFault,
  type AwsOperation,
  type AwsOutcome,
  type AwsService,
  fault,
  result,
} from './service.js'
import type { CredentialsRequest, IssueCredentials } from './temporary-credentials.js'

export interface StsServiceOptions {
  readonly issue: IssueCredentials
}

const apiVersion = '2011-06-15'
const defaultDurationSeconds = 3_600
const durationBoundsSeconds = { min: 900, max: 43_200 }

/** AWS Security Token Service: roles assumed by signature or by web identity, and who a caller is. */
export function stsService({ issue }: StsServiceOptions): AwsService {
  const operations: Readonly<Record<string, AwsOperation>> = {
    GetCallerIdentity: {
      name: 'GetCallerIdentity',
      run: async ({ identity }) => {
        const arn = identity?.arn ?? ''
        return result({ Arn: arn, UserId: identity?.accessKeyId ?? '', Account: arn.split(':')[4] ?? '' })
      },
    },
    AssumeRole: {
      name: 'AssumeRole',
      run: (call) => {
        const form = formOf(call.request)
        const externalId = form.get('ExternalId')
        return assume(form, issue, {
          ...(call.identity === undefined ? {} : { callerArn: call.identity.arn }),
          ...(externalId === null ? {} : { externalId }),
        })
      },
    },
    AssumeRoleWithWebIdentity: {
      name: 'AssumeRoleWithWebIdentity',
      // The token is the proof: who has one has no credentials yet.
      allowsUnsigned: true,
      run: async ({ request }: AwsCall) => {
        const form = formOf(request)
        const webIdentityToken = form.get('WebIdentityToken')
        if (webIdentityToken === null || webIdentityToken === '') {
          return fault('InvalidIdentityToken', 400, 'No web identity token was given.')
        }
        return assume(form, issue, { webIdentityToken })
      },
    },
  }
  return {
    signingName: 'sts',
    protocol: queryXml(`https://sts.amazonaws.com/doc/${apiVersion}/`),
    route: (request) => {
      if (request.method !== 'POST' || request.path !== '/') return undefined
      const form = formOf(request)
      if (form.get('Version') !== apiVersion) return undefined
      return operations[form.get('Action') ?? '']
    },
  }
}

async function assume(
  form: URLSearchParams,
  issue: IssueCredentials,
  proof: Pick<CredentialsRequest, 'callerArn' | 'externalId' | 'webIdentityToken'>,
): Promise<AwsOutcome> {
  const roleArn = form.get('RoleArn') ?? ''
  const sessionName = form.get('RoleSessionName') ?? ''
  const durationSeconds = Number(form.get('DurationSeconds') ?? defaultDurationSeconds)
  const problem = problemOf(roleArn, sessionName, durationSeconds)
  if (problem !== undefined) return problem
  const issued = await issue({ roleArn, sessionName, durationSeconds, ...proof })
  if ('denied' in issued) return fault('AccessDenied', 403, issued.denied)
  return result({
    Credentials: {
      AccessKeyId: issued.accessKeyId,
      SecretAccessKey: issued.secretAccessKey,
      SessionToken: issued.sessionToken,
      Expiration: issued.expiration.toISOString(),
    },
    AssumedRoleUser: { Arn: issued.arn, AssumedRoleId: `${issued.accessKeyId}:${sessionName}` },
    ...(proof.webIdentityToken === undefined ? {} : { SubjectFromWebIdentityToken: sessionName }),
  })
}

function problemOf(roleArn: string, sessionName: string, durationSeconds: number): AwsFault | undefined {
  const invalid = (what: string) => fault('ValidationError', 400, what)
  if (!/^arn:aws(-cn|-us-gov)?:iam::\d{12}:role\/\S+$/.test(roleArn)) {
    return invalid(`${roleArn} is invalid`)
  }
  if (!/^[\w+=,.@-]{2,64}$/.test(sessionName)) return invalid(`RoleSessionName ${sessionName} is invalid`)
  const { min, max } = durationBoundsSeconds
  if (!Number.isInteger(durationSeconds) || durationSeconds < min || durationSeconds > max) {
    return invalid(`DurationSeconds must be between ${min} and ${max}`)
  }
  return undefined
}

function formOf(request: HttpRequest): URLSearchParams {
  return new URLSearchParams(request.body.toString('utf8'))
}
