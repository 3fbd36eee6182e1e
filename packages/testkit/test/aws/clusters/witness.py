"""Prints as one JSON document what boto3 sees of a cluster, an application and a virtual cluster."""

import json
import sys

import boto3

cluster_id, application_id, virtual_cluster_id = sys.argv[1:]
emr = boto3.client("emr")
fast = {"Delay": 1, "MaxAttempts": 60}
emr.get_waiter("cluster_running").wait(ClusterId=cluster_id, WaiterConfig=fast)
cluster = emr.describe_cluster(ClusterId=cluster_id)["Cluster"]
fleets = emr.list_instance_fleets(ClusterId=cluster_id)["InstanceFleets"]
configuration = emr.describe_security_configuration(Name=cluster["SecurityConfiguration"])
application = boto3.client("emr-serverless").get_application(applicationId=application_id)["application"]
virtual = boto3.client("emr-containers").describe_virtual_cluster(id=virtual_cluster_id)["virtualCluster"]
limits = emr.get_managed_scaling_policy(ClusterId=cluster_id)["ManagedScalingPolicy"]["ComputeLimits"]

print(
    json.dumps(
        {
            "cluster": {
                "name": cluster["Name"],
                "release": cluster["ReleaseLabel"],
                "tags": sorted(tag["Key"] for tag in cluster["Tags"]),
                "protected": cluster["TerminationProtected"],
                "steps": cluster["StepConcurrencyLevel"],
                "groups": cluster["Ec2InstanceAttributes"]["EmrManagedSlaveSecurityGroup"],
                "fleets": {one["InstanceFleetType"]: one["TargetSpotCapacity"] for one in fleets},
                "most": limits["MaximumCapacityUnits"],
                "idle": emr.get_auto_termination_policy(ClusterId=cluster_id)["AutoTerminationPolicy"]["IdleTimeout"],
                "roles": json.loads(configuration["SecurityConfiguration"]),
            },
            "application": {
                "name": application["name"],
                "architecture": application["architecture"],
                "network": application["networkConfiguration"],
                "ready": application["initialCapacity"]["EXECUTOR"]["workerCount"],
                "stops": application["autoStopConfiguration"],
                "managed": application["tags"]["tidewater:managed"],
            },
            "virtual": {
                "name": virtual["name"],
                "state": virtual["state"],
                "namespace": virtual["containerProvider"]["info"]["eksInfo"]["namespace"],
                "managed": virtual["tags"]["tidewater:managed"],
            },
        }
    )
)
