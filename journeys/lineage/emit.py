"""What anybody writes with the package openlineage-python; knows nothing of Gyre."""

import sys
from datetime import datetime, timezone

from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import output_statistics_output_dataset, schema_dataset
from openlineage.client.transport.http import HttpCompression, HttpConfig, HttpTransport

url, run_id, packed = sys.argv[1:4]
config = HttpConfig(url=url, compression=HttpCompression.GZIP if packed == "gzip" else None)
client = OpenLineageClient(transport=HttpTransport(config))

for state in (RunState.START, RunState.COMPLETE):
    client.emit(
        RunEvent(
            eventType=state,
            eventTime=datetime(2027, 1, 1, 10, 0 if state == RunState.START else 5, tzinfo=timezone.utc).isoformat(),
            run=Run(runId=run_id),
            job=Job(namespace="scripts", name="nightly"),
            producer="https://example.com/script",
            inputs=[InputDataset(namespace="postgres://db:5432", name="shop.public.orders")],
            outputs=[
                OutputDataset(
                    namespace="s3://lake",
                    name="orders.parquet",
                    facets={
                        "schema": schema_dataset.SchemaDatasetFacet(
                            fields=[schema_dataset.SchemaDatasetFacetFields(name="order", type="int")]
                        )
                    },
                    outputFacets={
                        "outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=2)
                    },
                )
            ],
        )
    )
print("emitted")
