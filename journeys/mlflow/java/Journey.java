import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.mlflow.api.proto.ModelRegistry.ModelVersion;
import org.mlflow.api.proto.Service.CreateRun;
import org.mlflow.api.proto.Service.FileInfo;
import org.mlflow.api.proto.Service.Metric;
import org.mlflow.api.proto.Service.Param;
import org.mlflow.api.proto.Service.Run;
import org.mlflow.api.proto.Service.RunInfo;
import org.mlflow.api.proto.Service.RunStatus;
import org.mlflow.api.proto.Service.RunTag;
import org.mlflow.api.proto.Service.ViewType;
import org.mlflow.tracking.MlflowClient;
import org.mlflow.tracking.MlflowContext;
import org.mlflow.tracking.MlflowHttpException;
import org.mlflow.tracking.RunsPage;

/** What a program on the JVM does with the unmodified client. Prints one line `name: what it saw` for each thing. */
public class Journey {
  private static final Map<String, Object> seen = new LinkedHashMap<>();

  public static void main(String[] arguments) throws Exception {
    // Artifacts go through MLflow's Python; without it they are left out.
    boolean withFiles = arguments.length > 1 && arguments[1].equals("files");
    try (MlflowClient client = new MlflowClient(arguments[0])) {
      String experiment = experiments(client);
      String run = runs(client, experiment);
      search(client, experiment);
      inContext(client);
      if (withFiles) files(client, run);
      registry(client, run, withFiles);
      refusals(client);
    }
    seen.forEach((name, value) -> System.out.println(name + ": " + value));
  }

  private static String experiments(MlflowClient client) {
    String id = client.createExperiment("from java");
    client.setExperimentTag(id, "team", "care");
    client.renameExperiment(id, "from the JVM");
    client.deleteExperiment(id);
    String deleted = client.getExperiment(id).getLifecycleStage();
    client.restoreExperiment(id);
    seen.put("experiment", Arrays.asList(
        deleted,
        client.getExperimentByName("from the JVM").get().getExperimentId().equals(id),
        client.getExperimentByName("from java").isPresent(),
        client.getExperiment(id).getTags(0).getValue(),
        client.searchExperiments("name LIKE 'from%'").getItems().size()));
    return id;
  }

  private static String runs(MlflowClient client, String experiment) {
    RunInfo made = client.createRun(CreateRun.newBuilder()
        .setExperimentId(experiment)
        .setStartTime(1_700_000_000_000L)
        .setRunName("first")
        .addTags(RunTag.newBuilder().setKey("kind").setValue("größer"))
        .build());
    String id = made.getRunId();
    client.logParam(id, "depth", "3");
    client.logMetric(id, "loss", 0.5);
    client.logMetric(id, "loss", 0.25, 1_700_000_000_500L, 7);
    client.logMetric(id, "odd", Double.NaN, 5, 0);
    client.logMetric(id, "huge", Double.POSITIVE_INFINITY, 5, -3);
    List<Metric> metrics = new ArrayList<>();
    for (int step = 0; step < 100; step++) {
      metrics.add(Metric.newBuilder().setKey("curve").setValue(1.0 / (step + 1)).setTimestamp(step).setStep(step).build());
    }
    client.logBatch(
        id,
        metrics,
        Arrays.asList(Param.newBuilder().setKey("rate").setValue("0.1").build()),
        Arrays.asList(RunTag.newBuilder().setKey("state").setValue("even").build()));
    client.setTag(id, "gone", "1");
    client.deleteTag(id, "gone");
    client.setTerminated(id, RunStatus.FINISHED, 1_700_000_001_000L);
    Run run = client.getRun(id);
    seen.put("run", Arrays.asList(
        run.getInfo().getStatus(), run.getInfo().getRunName(), run.getInfo().getStartTime(), run.getInfo().getEndTime()));
    seen.put("params", sorted(run.getData().getParamsList().stream().map(one -> one.getKey() + "=" + one.getValue())));
    seen.put("metrics", sorted(run.getData().getMetricsList().stream().map(one -> one.getKey() + "=" + one.getValue())));
    seen.put("tags", sorted(run.getData().getTagsList().stream()
        .filter(one -> !one.getKey().startsWith("mlflow."))
        .map(one -> one.getKey() + "=" + one.getValue())));
    List<Metric> history = client.getMetricHistory(id, "curve");
    seen.put("history", Arrays.asList(history.size(), history.get(99).getStep(), history.get(99).getValue()));
    return id;
  }

  private static void search(MlflowClient client, String experiment) {
    for (int number = 0; number < 5; number++) {
      String id = client.createRun(experiment).getRunId();
      client.logMetric(id, "score", number);
      client.setTerminated(id, RunStatus.FAILED);
    }
    List<String> experiments = Arrays.asList(experiment);
    RunsPage page = client.searchRuns(
        experiments, "metrics.score >= 1", ViewType.ACTIVE_ONLY, 3, Arrays.asList("metrics.score DESC"));
    RunsPage next = (RunsPage) page.getNextPage();
    seen.put("pages", Arrays.asList(scores(page), scores(next), next.hasNextPage()));
    List<RunInfo> failed = client.searchRuns(experiments, "attributes.status = 'FAILED' and metrics.score < 1");
    client.deleteRun(failed.get(0).getRunId());
    seen.put("deleted", client.searchRuns(experiments, "", ViewType.DELETED_ONLY).size());
    client.restoreRun(failed.get(0).getRunId());
    seen.put("restored", client.searchRuns(experiments, "").size());
  }

  private static List<Double> scores(RunsPage page) {
    return page.getItems().stream().map(run -> run.getData().getMetrics(0).getValue()).collect(Collectors.toList());
  }

  private static void inContext(MlflowClient client) {
    MlflowContext context = new MlflowContext(client);
    context.setExperimentName("from the JVM");
    context.withActiveRun("in a block", active -> {
      active.logParam("a", "b");
      active.logMetrics(Map.of("m", 1.5), 3);
      seen.put("active", client.getRun(active.getId()).getData().getMetrics(0).getStep());
    });
  }

  private static void files(MlflowClient client, String run) throws Exception {
    Path folder = Files.createTempDirectory("journey");
    Path note = folder.resolve("note ü.txt");
    Files.write(note, "a note".getBytes(StandardCharsets.UTF_8));
    Path model = Files.createDirectory(folder.resolve("model"));
    Files.write(model.resolve("MLmodel"), "flavors: {}\n".getBytes(StandardCharsets.UTF_8));
    client.logArtifact(run, note.toFile(), "notes");
    client.logArtifacts(run, model.toFile(), "model");
    List<FileInfo> top = client.listArtifacts(run);
    File downloaded = client.downloadArtifacts(run, "notes/note ü.txt");
    seen.put("files", Arrays.asList(
        sorted(top.stream().map(one -> one.getPath() + (one.getIsDir() ? "/" : ""))),
        client.listArtifacts(run, "notes").get(0).getFileSize(),
        new String(Files.readAllBytes(downloaded.toPath()), StandardCharsets.UTF_8)));
  }

  /** The client writes a name with a space encoded into an address, which no MLflow reads back: the model has none. */
  private static void registry(MlflowClient client, String run, boolean withFiles) throws Exception {
    client.sendPost("registered-models/create", "{\"name\": \"jvm\", \"description\": \"words\"}");
    String source = withFiles ? "runs:/" + run + "/model" : "s3://bucket/model";
    String body = "{\"name\": \"jvm\", \"source\": \"" + source + "\", \"run_id\": \"" + run + "\"}";
    for (int number = 0; number < 2; number++) client.sendPost("model-versions/create", body);
    client.sendPost(
        "model-versions/transition-stage",
        "{\"name\": \"jvm\", \"version\": \"1\", \"stage\": \"Staging\", \"archive_existing_versions\": false}");
    ModelVersion second = client.getModelVersion("jvm", "2");
    List<ModelVersion> latest = client.getLatestVersions("jvm");
    seen.put("versions", Arrays.asList(
        client.getRegisteredModel("jvm").getDescription(),
        second.getVersion() + " " + second.getStatus() + " " + second.getRunId().equals(run),
        sorted(latest.stream().map(one -> one.getVersion() + " " + one.getCurrentStage())),
        client.searchModelVersions("name = 'jvm'", 1, Arrays.asList("version_number DESC")).getItems().get(0).getVersion()));
    if (!withFiles) return;
    File folder = client.downloadModelVersion("jvm", "2");
    seen.put("model", Files.readString(folder.toPath().resolve("MLmodel")).trim());
  }

  private static void refusals(MlflowClient client) {
    seen.put("refused", Arrays.asList(
        refusal(() -> client.getRun("f".repeat(32))),
        refusal(() -> client.createExperiment("from the JVM")),
        refusal(() -> client.getModelVersion("jvm", "9"))));
  }

  private static String refusal(Runnable asked) {
    try {
      asked.run();
      return "taken";
    } catch (MlflowHttpException error) {
      return error.getStatusCode() + " " + error.getBodyMessage().replaceAll("(?s).*\"error_code\": ?\"(\\w+)\".*", "$1");
    }
  }

  private static List<String> sorted(java.util.stream.Stream<String> texts) {
    return texts.sorted().collect(Collectors.toList());
  }
}
