"""python peer.py BUCKET FILE TARGET: the same file up and down with boto3, as its users do."""

import json
import os
import resource
import sys
import time

import boto3

bucket, file, target = sys.argv[1:]
client = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL_S3"])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

started = time.perf_counter()
client.upload_file(file, bucket, "peer")
uploaded = time.perf_counter()
client.download_file(bucket, "peer", target)
ended = time.perf_counter()

peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"putSeconds": uploaded - started, "getSeconds": ended - uploaded, "growthMb": (peak - before) / 1024}))
client.delete_object(Bucket=bucket, Key="peer")
