"""Forty small Metaflow steps beside each other."""

from metaflow import FlowSpec, step


class ParallelFlow(FlowSpec):
    @step
    def start(self):
        self.numbers = list(range(40))
        self.next(self.small, foreach="numbers")

    @step
    def small(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    ParallelFlow()
