"""Loads an exported DAG as Airflow does, and runs it in this process."""

import json
import sys

from airflow.models import DagRun  # noqa: F401  (binds the database before DAGs are read)

try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:
    from airflow.models import DagBag

folder, dag_id, run_id, conf = sys.argv[1:5]
bag = DagBag(dag_folder=folder)
dag = bag.dags.get(dag_id)
told = {
    "errors": bag.import_errors,
    "dags": sorted(bag.dags),
    "tasks": {} if dag is None else {t.task_id: sorted(t.upstream_task_ids) for t in dag.tasks},
    "docs": {} if dag is None else {t.task_id: t.doc_md for t in dag.tasks},
}
print("loaded " + json.dumps(told), flush=True)
if dag is not None and run_id != "-":
    run = dag.test(run_conf=json.loads(conf))
    states = {ti.task_id: str(getattr(ti.state, "value", ti.state)) for ti in run.get_task_instances()}
    print("ran " + json.dumps({"state": str(getattr(run.state, "value", run.state)), "tasks": states}), flush=True)
