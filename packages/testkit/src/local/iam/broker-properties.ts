/** What the broker has to know of IAM. */
export interface IamBrokerPlan {
  /** iam.json. */
  readonly configFile: string
  readonly keyStoreFile: string
  readonly keyStorePassword: string
  /** Folder of the plugin's jar. */
  readonly jarsFolder: string
}

const plugin = 'tidewater.mskiam'
const callbackHandler = `${plugin}.MskIamServerCallbackHandler`

/** The listener IAM, with both of MSK's mechanisms, and the authorizer, which controllers have to have as well. */
export function iamProperties(plan: IamBrokerPlan): Record<string, string> {
  const listener = 'listener.name.iam'
  return {
    'tidewater.iam.config.file': plan.configFile,
    'authorizer.class.name': `${plugin}.MskIamAuthorizer`,
    [`${listener}.sasl.enabled.mechanisms`]: 'AWS_MSK_IAM,OAUTHBEARER',
    [`${listener}.aws_msk_iam.sasl.jaas.config`]: `${plugin}.MskIamLoginModule required;`,
    [`${listener}.aws_msk_iam.sasl.server.callback.handler.class`]: callbackHandler,
    [`${listener}.oauthbearer.sasl.jaas.config`]:
      'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;',
    // Without it Kafka would take unsecured JSON web tokens: anybody's word for who they are.
    [`${listener}.oauthbearer.sasl.server.callback.handler.class`]: callbackHandler,
    [`${listener}.principal.builder.class`]: `${plugin}.MskIamPrincipalBuilder`,
    [`${listener}.ssl.keystore.type`]: 'PKCS12',
    [`${listener}.ssl.keystore.location`]: plan.keyStoreFile,
    [`${listener}.ssl.keystore.password`]: plan.keyStorePassword,
    [`${listener}.ssl.key.password`]: plan.keyStorePassword,
  }
}
