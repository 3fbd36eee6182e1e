import type { KafkaDriver } from '@tidewater/core'
import {
  type Decision,
  type IamOptions,
  type LocalIamStack,
  type PolicyDocument,
  startLocal,
  type UserCredentials,
} from '../../src/index.js'
import { allDrivers } from '../all-drivers.js'

export const drivers = allDrivers

/** A local stack where each of our drivers has users of its own: the decisions about a case are those about its user. */
export class OwnStage<Who extends string> {
  static async open<Who extends string>(
    users: Readonly<Record<Who, readonly PolicyDocument[]>>,
    iam: Omit<IamOptions, 'users'>,
  ): Promise<OwnStage<Who>> {
    const stack = await startLocal({
      iam: {
        ...iam,
        logAllowedAuthorizations: false,
        users: drivers.flatMap(({ name }) =>
          Object.entries<readonly PolicyDocument[]>(users).map(([who, policies]) => ({
            name: `${name}-${who}`,
            policies,
          })),
        ),
      },
    })
    return new OwnStage(stack)
  }

  private constructor(readonly stack: LocalIamStack) {}

  user(driver: KafkaDriver, who: Who): UserCredentials {
    return this.stack.iam.user(`${driver.name}-${who}`)
  }

  async decisions(driver: KafkaDriver, who: Who): Promise<Decision[]> {
    const { arn, accessKeyId } = this.user(driver, who)
    const decisions = await this.stack.iam.decisions()
    return decisions.filter((one) => one.principal === arn || one.accessKeyId === accessKeyId)
  }

  async denials(driver: KafkaDriver, who: Who): Promise<Decision[]> {
    return (await this.decisions(driver, who)).filter(({ result }) => result === 'denied')
  }
}
