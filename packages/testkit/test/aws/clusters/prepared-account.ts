import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeVpcsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2'
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  IAMClient,
} from '@aws-sdk/client-iam'
import type { RunningAwsStack } from '../../../src/aws/aws-stack.js'
import { clientConfig } from '../stack-fixture.js'

/** Makes roles as EMR needs them. */
export async function createRoles(stack: RunningAwsStack): Promise<void> {
  const iam = new IAMClient(clientConfig(stack))
  const trust = (Service: string) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole' }],
    })
  await iam.send(
    new CreateRoleCommand({
      RoleName: 'EMR_DefaultRole',
      AssumeRolePolicyDocument: trust('elasticmapreduce.amazonaws.com'),
    }),
  )
  await iam.send(
    new CreateRoleCommand({
      RoleName: 'EMR_EC2_DefaultRole',
      AssumeRolePolicyDocument: trust('ec2.amazonaws.com'),
    }),
  )
  const InstanceProfileName = 'EMR_EC2_DefaultRole'
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName }))
  await iam.send(
    new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName: 'EMR_EC2_DefaultRole' }),
  )
}

/** A group for brokers and one for nodes, and a way to let these in. */
export async function createSecurityGroups(stack: RunningAwsStack) {
  const ec2 = new EC2Client(clientConfig(stack))
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({}))
  const create = async (GroupName: string) => {
    const { GroupId = '' } = await ec2.send(
      new CreateSecurityGroupCommand({ GroupName, Description: GroupName, VpcId: Vpcs[0]?.VpcId }),
    )
    return GroupId
  }
  const [brokers, nodes] = [await create('brokers'), await create('nodes')]
  const letIn = (port: number) =>
    ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId: brokers,
        IpPermissions: [
          { IpProtocol: 'tcp', FromPort: port, ToPort: port, UserIdGroupPairs: [{ GroupId: nodes }] },
        ],
      }),
    )
  return { brokers, nodes, letIn }
}
