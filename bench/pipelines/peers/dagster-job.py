"""Times Dagster jobs of small ops by its default executor, which runs each op in a process of its own."""

import sys
import time

from dagster import DagsterInstance, execute_job, job, op, reconstructable


@op
def first() -> int:
    return 0


@op
def small(number: int) -> int:
    return number + 1


@job
def sequential():
    value = first()
    for index in range(9):
        value = small.alias(f"small_{index}")(value)


@job
def parallel():
    for index in range(40):
        first.alias(f"first_{index}")()


if __name__ == "__main__":
    with DagsterInstance.get() as instance:
        for name, built in (("sequential", sequential), ("parallel", parallel)):
            started = time.perf_counter()
            result = execute_job(reconstructable(built), instance=instance)
            assert result.success
            print(f"MEASURED {name} {(time.perf_counter() - started) * 1000}", file=sys.stdout, flush=True)
