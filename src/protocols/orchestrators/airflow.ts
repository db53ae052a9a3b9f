import type { ExportedFile, ExportedPipeline } from "./entities.ts";
import { pythonText, stageClient } from "./stage-client.ts";
import { lettersAndDigits, taskNames } from "./task-names.ts";

// What Airflow allows in the name of a task.
const longestName = 250;

/** A DAG for Airflow 2.4 and later, 3 included, that needs no package beside Airflow itself. */
export function toAirflow({ project, url, stages }: ExportedPipeline): ExportedFile {
  const names = taskNames(
    stages.map(({ name }) => name),
    { forbidden: lettersAndDigits, joiner: "_", longest: longestName },
  );
  const nameOf = (stage: string): string => names.get(stage) ?? stage;
  const tasks = stages.map(({ name, description }) => {
    const doc = description === null ? "" : `, doc_md=${pythonText(description)}`;
    const options = `task_id=${pythonText(nameOf(name))}${doc}`;
    return `    tasks[${pythonText(name)}] = task(${options})(gyre_stage)()`;
  });
  const edges = stages.flatMap(({ name, dependsOn }) =>
    dependsOn
      .filter((before) => names.has(before))
      .map((before) => `    tasks[${pythonText(before)}] >> tasks[${pythonText(name)}]`),
  );
  const text = `"""The pipeline of ${project}: each task runs a stage at Gyre and waits for its end.

Made by: gyre export airflow. GYRE_URL and GYRE_TOKEN of the workers name another server and a token.
A run's configuration may set parameters: {"parameters": {"train.alpha": 0.2}}.
"""

from datetime import datetime, timedelta

${stageClient(url)}

try:
    from airflow.sdk import DAG, get_current_context, task
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.decorators import task
    from airflow.operators.python import get_current_context

PROJECT = ${pythonText(project)}
# Not given to the tasks as arguments, in which Airflow would fill in what stands in double braces.
STAGES = {
${stages.map(({ name }) => `    ${pythonText(nameOf(name))}: ${pythonText(name)},`).join("\n")}
}


def gyre_stage():
    context = get_current_context()
    stage = STAGES[context["ti"].task_id]
    key = "airflow:%s:%s" % (context["run_id"], stage)
    return run_stage(PROJECT, stage, key, context["params"].get("parameters"), lineage_of(context["ti"]))


def lineage_of(task_instance):
    """Where this Airflow tells lineage: which of its runs the stage runs within."""
    try:
        from airflow.providers.openlineage.plugins import macros

        return {
            "lineageParent": macros.lineage_parent_id(task_instance),
            "lineageRoot": macros.lineage_root_parent_id(task_instance),
        }
    except (ImportError, AttributeError):
        return {}


with DAG(
    dag_id=${pythonText(dagId(project))},
    description=${pythonText(`The pipeline of ${project}, run by Gyre`)},
    schedule=None,
    start_date=datetime(2020, 1, 1),
    catchup=False,
    params={"parameters": {}},
    default_args={"retries": 2, "retry_delay": timedelta(seconds=30)},
    tags=["gyre"],
):
    tasks = {}
${tasks.join("\n")}

${edges.join("\n")}
`;
  return { file: `${project}_dag.py`, text: `${text.trimEnd()}\n` };
}

function dagId(project: string): string {
  return project.replaceAll(/[^\w.-]/g, "_");
}
