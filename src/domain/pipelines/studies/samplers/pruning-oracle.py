"""What Optuna's own pruners decide: reads {"rule", "goal", "curves": [[value, ...], ...]}, answers for each
curve the step at which its trial was pruned, or null. For tests alone."""

import json
import sys

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
asked = json.load(sys.stdin)
pruners = {
    "asha": lambda: optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=3),
    "median": lambda: optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=2),
}
study = optuna.create_study(
    direction=asked["goal"],
    pruner=pruners[asked["rule"]](),
    sampler=optuna.samplers.RandomSampler(seed=0),
)
pruned = []
for curve in asked["curves"]:
    trial = study.ask()
    at = None
    for step, value in enumerate(curve):
        trial.report(float("nan") if value is None else value, step)
        if trial.should_prune():
            at = step
            break
    pruned.append(at)
    if at is None:
        study.tell(trial, curve[-1])
    else:
        study.tell(trial, state=optuna.trial.TrialState.PRUNED)
print(json.dumps(pruned))
