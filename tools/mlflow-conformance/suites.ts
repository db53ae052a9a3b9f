/* Which of MLflow's tests are run, and what each is about. */

/** Files of tests, from the root of a checkout of MLflow. */
export const suites: readonly string[] = [
  "tests/tracking/test_rest_tracking.py",
  "tests/tracking/test_model_registry.py",
  "tests/tracking/test_tracking.py",
  "tests/tracking/fluent/test_fluent.py",
  "tests/tracking/test_client_webhooks.py",
  "tests/tracking/test_mlflow_artifacts.py",
  "tests/store/tracking/sqlalchemy_store/test_sqlalchemy_store.py",
  "tests/store/tracking/sqlalchemy_store/test_sqlalchemy_store_issues.py",
  "tests/store/tracking/sqlalchemy_store/test_sqlalchemy_store_query_trace_metrics.py",
  "tests/store/model_registry/test_sqlalchemy_store.py",
];

export interface Area {
  readonly name: string;
  /** Found in the test's name, or in the path of its file. */
  readonly pattern: RegExp;
  /** Whether every test of it is expected to pass, but for those that `exceptions.ts` names. */
  readonly isClaimed: boolean;
}

const tracking: Area = { name: "tracking and registry", pattern: /(?:)/, isClaimed: true };

/** The first that fits decides. */
export const areas: readonly Area[] = [
  {
    name: "gateway, prompt optimization, jobs and the UI's own routes",
    pattern:
      /gateway|graphql|promptlab|endpoint|secret|list_providers|list_models|provider_config|model_definition|budget|guardrail|upload_artifact_handler|prompt_optimization|passphrase/,
    isClaimed: false,
  },
  { name: "issues", pattern: /issue/, isClaimed: false },
  { name: "scorers", pattern: /scorer|online_scoring|sampl.*_config/, isClaimed: false },
  {
    name: "evaluation datasets",
    pattern:
      /evaluation_dataset|\btest_dataset_|add_multiple_experiments|dataset_record|dataset_.*experiments|_experiments_rest_tracking|experiments_to_dataset|dataset_experiment|add_remove_experiments|dataset_upsert|dataset_tags|dataset_granularity|dataset_schema|_dataset_profile|datasets_with/,
    isClaimed: true,
  },
  { name: "webhooks", pattern: /webhook/, isClaimed: true },
  {
    name: "traces and assessments",
    pattern:
      /trace|span|assessment|feedback|expectation|otel|\btest_set_tag_truncate_too_long_tag|\btest_set_and_delete_tags|test_set_invalid_tag|correlation|clear_active_model|session|token_usage|cost/,
    isClaimed: true,
  },
  tracking,
];

export function areaOf(test: string): Area {
  // The parameters of a test say nothing about its area.
  const name = test.replace(/\[.*$/s, "");
  return areas.find((area) => area.pattern.test(name)) ?? tracking;
}
