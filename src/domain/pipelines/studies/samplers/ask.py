"""Holds one Optuna study, and answers one line of JSON for each line of JSON it reads.

  {"op": "open", "space": {...}, "goals": ["maximize"], "seed": 0, "trials": [...]}
  {"op": "ask", "number": 7}                 -> {"parameters": {...}}
  {"op": "tell", "trial": {...}}

It keeps nothing: whoever starts it tells it every trial again. The sampler of each question is made anew
from the seed and the number of the trial, so that the answer depends on what it was told and on nothing
else: a study that was interrupted asks for what it would have asked for.
"""

import json
import sys
import warnings

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

# The answers are the only thing on the standard output.
answers, sys.stdout = sys.stdout, sys.stderr
optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)

STATES = {
    "complete": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
    "failed": TrialState.FAIL,
    "cancelled": TrialState.FAIL,
}


def distribution_of(domain):
    if domain["kind"] == "choice":
        return CategoricalDistribution(domain["options"])
    kind = IntDistribution if domain["kind"] == "int" else FloatDistribution
    return kind(domain["low"], domain["high"], log=domain["log"], step=domain["step"])


class Search:
    def __init__(self, space, goals, seed, trials):
        self.space = {name: distribution_of(domain) for name, domain in space.items()}
        self.seed = seed
        self.study = optuna.create_study(directions=goals)
        self.running = {}
        for trial in trials:
            self.add(trial)

    def add(self, trial):
        if trial["state"] == "running":
            # Asking for what is waiting gives a running trial with those parameters.
            self.study.enqueue_trial(trial["parameters"])
            self.keep(trial["number"], self.study.ask(self.space))
            return
        state = STATES[trial["state"]]
        curve = {int(step): as_float(value) for step, value in trial["curve"]}
        values = trial["values"] if state == TrialState.COMPLETE else None
        if state == TrialState.PRUNED and curve:
            values = [curve[max(curve)]]
        self.study.add_trial(
            optuna.trial.create_trial(
                state=state,
                params=trial["parameters"],
                distributions=self.space,
                values=values,
                intermediate_values=curve,
            )
        )

    def keep(self, number, trial):
        if trial.number != number:
            raise ValueError(f"trial {number} would be Optuna's {trial.number}")
        self.running[number] = trial

    def ask(self, number):
        self.study.sampler = optuna.samplers.TPESampler(
            seed=(self.seed * 1_000_003 + number) % 2**32,
            multivariate=True,
            constant_liar=True,
        )
        trial = self.study.ask(self.space)
        self.keep(number, trial)
        return {"parameters": trial.params}

    def tell(self, trial):
        running = self.running.pop(trial["number"])
        if len(self.study.directions) == 1:
            for step, value in trial["curve"]:
                running.report(as_float(value), int(step))
        state = STATES[trial["state"]]
        self.study.tell(running, trial["values"] if state == TrialState.COMPLETE else None, state=state)
        return {}


def as_float(value):
    return float("nan") if value is None else float(value)


def answer(search, message):
    op = message.pop("op")
    if op == "open":
        return Search(**message), {}
    return search, (search.ask if op == "ask" else search.tell)(**message)


search = None
for line in sys.stdin:
    try:
        search, result = answer(search, json.loads(line))
    except Exception as error:
        result = {"error": f"{type(error).__name__}: {error}"}
    answers.write(json.dumps(result) + "\n")
    answers.flush()
