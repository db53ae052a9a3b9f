"""Two DAGs of a team, in which nothing knows of lineage: one goes well, one is refused by its last task."""

import os
from datetime import datetime

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Asset, task
from airflow.sdk.exceptions import AirflowFailException

folder = os.environ["SHOP_FOLDER"]
orders = Asset(f"file://{folder}/data/orders.csv")


@task
def check(path, minimum):
    """Refuses a day with too few orders."""
    with open(path) as file:
        found = int(file.read())
    if found < minimum:
        raise AirflowFailException(f"{found} orders instead of {minimum}")


for name, minimum in [("nightly", 1), ("strict", 1000)]:
    path = f"{folder}/{name}.txt"
    with DAG(dag_id=name, schedule="@once", start_date=datetime(2020, 1, 1), tags=["shop"]):
        first = BashOperator(
            task_id="count",
            bash_command=f"tail -n +2 {folder}/data/orders.csv | wc -l > {path}",
            inlets=[orders],
            outlets=[Asset(f"file://{path}")],
        )
        last = check(path, minimum)
        first >> last
        # The database is there when a connection to it is declared.
        if name == "nightly" and "AIRFLOW_CONN_SHOP" in os.environ:
            total = SQLExecuteQueryOperator(
                task_id="total",
                conn_id="shop",
                sql="create table totals as select customer, sum(amount) as total from orders group by customer",
            )
            first >> total >> last
