"""Times a Prefect flow of small tasks, after one that warms it up: n one after the other, or n beside each other."""

import sys
import time

from prefect import flow, task


@task
def small(number: int) -> int:
    return number + 1


@flow
def one_after_the_other(tasks: int) -> int:
    value = 0
    for _ in range(tasks):
        value = small(value)
    return value


@flow
def beside_each_other(tasks: int) -> list:
    return [future.result() for future in [small.submit(number) for number in range(tasks)]]


if __name__ == "__main__":
    one_after_the_other(1)
    for name, run, tasks in (("sequential", one_after_the_other, 10), ("parallel", beside_each_other, 40)):
        started = time.perf_counter()
        run(tasks)
        print(f"MEASURED {name} {(time.perf_counter() - started) * 1000}", file=sys.stdout, flush=True)
