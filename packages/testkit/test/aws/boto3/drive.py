"""Drives the endpoint as a program on boto3 would; prints one JSON document of what it saw."""

import gzip
import io
import json
import urllib.request

import boto3
from botocore.exceptions import ClientError, WaiterError

fast = {"Delay": 1, "MaxAttempts": 300}
main = b"import sys, time\nprint('running', sys.argv[1], flush=True)\nwhile sys.argv[1] == 'wait': time.sleep(0.1)\n"
entry = "s3://tidewater/boto3/main.py"
role = "arn:aws:iam::123456789012:role/job"
session = boto3.Session()
s3 = session.client("s3")


def until(ask, *states):
    while True:
        state = ask()
        if state in states:
            return state


def objects():
    s3.put_object(Bucket="tidewater", Key="boto3/main.py", Body=main)
    # Above boto3's threshold: it uploads in parts and downloads in ranges.
    large = bytes(20 << 20)
    s3.upload_fileobj(io.BytesIO(large), "tidewater", "boto3/large")
    back = io.BytesIO()
    s3.download_fileobj("tidewater", "boto3/large", back)
    try:
        s3.put_object(Bucket="tidewater", Key="boto3/large", Body=b"", IfNoneMatch="*")
        second = "written"
    except ClientError as error:
        second = error.response["Error"]["Code"]
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "tidewater", "Key": "boto3/main.py"})
    with urllib.request.urlopen(url) as answer:
        presigned = answer.read() == main
    return {"same": back.getvalue() == large, "second": second, "presigned": presigned}


def emr():
    client = session.client("emr")

    def step(*args):
        return {"Name": "a step", "ActionOnFailure": "CONTINUE", "HadoopJarStep": {"Jar": "command-runner.jar", "Args": list(args)}}

    cluster = client.run_job_flow(
        Name="boto3",
        ReleaseLabel="emr-7.12.0",
        LogUri="s3://tidewater/logs/",
        ServiceRole="EMR_DefaultRole",
        JobFlowRole="EMR_EC2_DefaultRole",
        Instances={"KeepJobFlowAliveWhenNoSteps": True, "MasterInstanceType": "m7g.xlarge", "InstanceCount": 1},
    )["JobFlowId"]
    client.get_waiter("cluster_running").wait(ClusterId=cluster, WaiterConfig=fast)

    def add(*steps):
        return client.add_job_flow_steps(JobFlowId=cluster, Steps=list(steps))["StepIds"]

    def ends(step_id):
        try:
            client.get_waiter("step_complete").wait(ClusterId=cluster, StepId=step_id, WaiterConfig=fast)
            return "complete"
        except WaiterError as error:
            status = error.last_response["Step"]["Status"]
            return [status["State"], status.get("FailureDetails", {}).get("Reason")]

    submitted, failing = add(step("spark-submit", entry, "once"), step("bash", "-c", "exit 7"))
    outcomes = [ends(submitted), ends(failing)]
    key = f"logs/{cluster}/steps/{submitted}/stdout.gz"
    stdout = gzip.decompress(s3.get_object(Bucket="tidewater", Key=key)["Body"].read()).decode()

    (waiting,) = add(step("sleep", "600"))
    describe = lambda: client.describe_step(ClusterId=cluster, StepId=waiting)["Step"]["Status"]["State"]
    until(describe, "RUNNING")
    client.cancel_steps(ClusterId=cluster, StepIds=[waiting], StepCancellationOption="TERMINATE_PROCESS")
    cancelled = until(describe, "CANCELLED")

    many = add(*[step("true")] * 120)
    pages = [page["Steps"] for page in client.get_paginator("list_steps").paginate(ClusterId=cluster)]
    listed = {one["Id"] for page in pages for one in page}
    client.terminate_job_flows(JobFlowIds=[cluster])
    client.get_waiter("cluster_terminated").wait(ClusterId=cluster, WaiterConfig=fast)
    ended = [one["Id"] for page in client.get_paginator("list_clusters").paginate(ClusterStates=["TERMINATED"]) for one in page["Clusters"]]
    try:
        client.describe_cluster(ClusterId="j-NONE")
        unknown = None
    except client.exceptions.InvalidRequestException as error:
        unknown = error.response["Error"]["Message"]
    return {
        "outcomes": outcomes,
        "stdout": stdout,
        "cancelled": cancelled,
        "pages": [len(page) for page in pages],
        "listsAll": listed == {submitted, failing, waiting, *many},
        "listsTheCluster": cluster in ended,
        "unknown": unknown,
    }


def serverless():
    client = session.client("emr-serverless")
    application = client.create_application(name="boto3", releaseLabel="emr-7.12.0", type="SPARK", clientToken="boto3")["applicationId"]
    driver = {"sparkSubmit": {"entryPoint": entry, "entryPointArguments": ["wait"]}}
    run = client.start_job_run(applicationId=application, clientToken="run", executionRoleArn=role, jobDriver=driver, mode="STREAMING")["jobRunId"]
    get = lambda: client.get_job_run(applicationId=application, jobRunId=run)["jobRun"]
    until(lambda: get()["state"], "RUNNING")
    client.cancel_job_run(applicationId=application, jobRunId=run)
    cancelled = until(lambda: get()["state"], "CANCELLED")
    runs = [one["id"] for page in client.get_paginator("list_job_runs").paginate(applicationId=application, states=["CANCELLED"]) for one in page["jobRuns"]]
    return {"cancelled": cancelled, "mode": get()["mode"], "listed": runs == [run], "year": get()["createdAt"].year > 2020}


def containers():
    client = session.client("emr-containers")
    provider = {"type": "EKS", "id": "eks", "info": {"eksInfo": {"namespace": "spark"}}}
    cluster = client.create_virtual_cluster(name="boto3", containerProvider=provider, clientToken="boto3")["id"]
    driver = {"sparkSubmitJobDriver": {"entryPoint": entry, "entryPointArguments": ["once"]}}
    run = client.start_job_run(virtualClusterId=cluster, clientToken="run", executionRoleArn=role, releaseLabel="emr-7.12.0-latest", jobDriver=driver)["id"]
    get = lambda: client.describe_job_run(virtualClusterId=cluster, id=run)["jobRun"]
    ended = until(lambda: get()["state"], "COMPLETED", "FAILED")
    return {"ended": ended, "year": get()["finishedAt"].year > 2020}


print(json.dumps({"objects": objects(), "emr": emr(), "serverless": serverless(), "containers": containers()}))
