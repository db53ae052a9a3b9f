/** The reference product's project file: every part of the grammar once. For tests. */
export const exampleYaml = `project: airline-care

objective:
  decision: Which messages does the care team answer first?
  task: classification
  target: sentiment
  positive: negative                  # the class the decision is about
  kpi:
    name: answered_within_hour        # one number a day, from CSV, SQL, HTTP or PromQL
    source: { csv: kpi/answered.csv, time: day, value: share }
    now: 0.41
    target: ">= 0.60"
  costs:                              # what a wrong prediction costs
    false_negative: 12.00             # -> metric expected_cost, -> the decision threshold that minimises it
    false_positive: 1.50
    currency: EUR
  baseline: baseline.yaml             # a rule without ML; served, logged and monitored like any model
  ready_when:                         # "how good is good enough"
    - expected_cost: { better_than: baseline, by: 20% }     # -> release gate, and live monitor
    - recall: ">= 0.85"
    - recall: ">= 0.80"
      for_each: airline               # -> gate per slice
    - latency_p95_ms: "<= 50"         # -> load test before release, and live monitor
  time_box: 2027-03-31                # -> asks for a decision: extend, stop or ship
  budget: { amount: 200, currency: EUR }

data:
  messages:
    source: { file: data/messages.csv }
    time: created_at
    contract: contracts/messages.yaml # -> checked on every new version; a breach quarantines the version
    owner: data-steward

pipeline: dvc.yaml                    # an existing file, or stages written here in the same grammar
python: { requirements: requirements.txt, version: ">=3.10" }

model:
  name: airline-care
  path: model/                        # an MLflow model folder, or an .onnx file
  export: onnx                        # -> converted at registration, behind a parity check
  holdout: data/prepared/holdout.csv  # -> the rows every gate is judged on

delivery:
  environments: [staging, production]
  approve: { production: 1 }          # number of people other than the author
  rollout: [ { shadow: 10m }, { canary: 10%, for: 10m }, { all: true } ]
  roll_back_when: any objective.ready_when fails      # judged by a test that may be looked at continuously

serving:
  unit: customer_id                   # sticky assignment
  log: { sample: 100%, drop: [customer_name] }

monitoring:
  outcomes: { key: prediction_id, arrive_within: 3d }
  false_alarms: 1 per quarter         # the error contract; thresholds follow from it
  segments: [airline]

retrain:
  when:
    any: [ performance, { new_labels: 2000 }, { schedule: "0 3 * * 1" } ]
  cooldown: 1d
`;
