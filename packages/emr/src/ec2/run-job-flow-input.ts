import type { Configuration, InstanceFleetConfig, RunJobFlowInput } from '@aws-sdk/client-emr'
import type { Ec2ClusterDefinition } from './cluster-definition.js'

/** Made when runtime roles are asked for without a security configuration of one's own. */
export const runtimeRoleConfiguration = {
  Name: 'tidewater-runtime-roles',
  SecurityConfiguration: JSON.stringify({
    AuthorizationConfiguration: { IAMConfiguration: { EnableApplicationScopedIAMRole: true } },
  }),
} as const

/** The exact request for the cluster, without our tags. */
export function runJobFlowInput(definition: Ec2ClusterDefinition): RunJobFlowInput {
  const { name, release, instanceGroups, computeLimits, logLocation, securityGroups } = definition
  const { bootstrapActions, autoTerminateAfterIdleMinutes, subnetIds } = definition
  const securityConfiguration = securityConfigurationOf(definition)
  return {
    Name: name,
    ReleaseLabel: release,
    Applications: [{ Name: 'Spark' }],
    ServiceRole: definition.serviceRole,
    JobFlowRole: definition.instanceProfile,
    StepConcurrencyLevel: definition.stepConcurrency,
    Configurations: configurationsOf(definition),
    Instances: {
      KeepJobFlowAliveWhenNoSteps: true,
      TerminationProtected: definition.terminationProtection,
      ...(instanceGroups === undefined
        ? { Ec2SubnetIds: [...subnetIds], InstanceFleets: fleetsOf(definition) }
        : { Ec2SubnetId: subnetIds[0], InstanceGroups: instanceGroups.map((group) => ({ ...group })) }),
      ...(securityGroups === undefined
        ? {}
        : {
            EmrManagedMasterSecurityGroup: securityGroups.primary,
            EmrManagedSlaveSecurityGroup: securityGroups.coreAndTask,
            ...(securityGroups.serviceAccess === undefined
              ? {}
              : { ServiceAccessSecurityGroup: securityGroups.serviceAccess }),
            ...(securityGroups.additional.length === 0
              ? {}
              : {
                  AdditionalMasterSecurityGroups: [...securityGroups.additional],
                  AdditionalSlaveSecurityGroups: [...securityGroups.additional],
                }),
          }),
    },
    ...(logLocation === undefined ? {} : { LogUri: logLocation }),
    ...(computeLimits === undefined ? {} : { ManagedScalingPolicy: { ComputeLimits: { ...computeLimits } } }),
    ...(autoTerminateAfterIdleMinutes === undefined
      ? {}
      : { AutoTerminationPolicy: { IdleTimeout: autoTerminateAfterIdleMinutes * 60 } }),
    ...(securityConfiguration === undefined ? {} : { SecurityConfiguration: securityConfiguration }),
    ...(bootstrapActions.length === 0
      ? {}
      : {
          BootstrapActions: bootstrapActions.map((action) => ({
            Name: action.name,
            ScriptBootstrapAction: { Path: action.location, Args: [...action.arguments] },
          })),
        }),
  }
}

export function securityConfigurationOf({
  runtimeRoles,
  securityConfiguration,
}: Ec2ClusterDefinition): string | undefined {
  return securityConfiguration ?? (runtimeRoles ? runtimeRoleConfiguration.Name : undefined)
}

/** Whether some of the task nodes may be taken back by AWS. */
export function usesSpot({ instanceGroups = [], instanceFleets = [] }: Ec2ClusterDefinition): boolean {
  return (
    instanceGroups.some(({ Market }) => Market === 'SPOT') ||
    instanceFleets.some(({ TargetSpotCapacity }) => TargetSpotCapacity > 0)
  )
}

function fleetsOf({ instanceFleets = [], spotTimeoutMinutes }: Ec2ClusterDefinition): InstanceFleetConfig[] {
  return instanceFleets.map((fleet) => ({
    ...fleet,
    InstanceTypeConfigs: fleet.InstanceTypeConfigs.map((type) => ({ ...type })),
    ...(fleet.TargetSpotCapacity === 0
      ? {}
      : {
          LaunchSpecifications: {
            SpotSpecification: {
              AllocationStrategy: 'price-capacity-optimized',
              TimeoutAction: 'SWITCH_TO_ON_DEMAND',
              TimeoutDurationMinutes: spotTimeoutMinutes,
            },
          },
        }),
  }))
}

function configurationsOf(definition: Ec2ClusterDefinition): Configuration[] {
  const byName = new Map<string, Record<string, string>>([
    ['iceberg-defaults', { 'iceberg.enabled': 'true' }],
  ])
  if (usesSpot(definition)) {
    byName.set('yarn-site', {
      'yarn.node-labels.enabled': 'true',
      'yarn.node-labels.am.default-node-label-expression': 'CORE',
    })
  }
  for (const { classification, properties } of definition.configurations) {
    byName.set(classification, { ...byName.get(classification), ...properties })
  }
  return [...byName].map(([Classification, Properties]) => ({ Classification, Properties }))
}
