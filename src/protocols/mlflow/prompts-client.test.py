"""The unmodified MLflow client keeps its prompts in the registry; prints what it saw as one line of JSON."""

import json
import sys

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

url = sys.argv[1]
mlflow.set_tracking_uri(url)
mlflow.set_registry_uri(url)
client = MlflowClient()
seen = {}

first = mlflow.genai.register_prompt(
    name="greeting", template="Dear {{name}}", commit_message="as it was", tags={"team": "care"}
)
second = mlflow.genai.register_prompt(
    name="greeting",
    template=[{"role": "user", "content": "Answer {{question}} kindly."}],
    commit_message="as a chat",
)
seen["versions"] = [first.version, second.version]
seen["text"] = mlflow.genai.load_prompt("greeting", version=1).format(name="Ada")
seen["chat"] = mlflow.genai.load_prompt("prompts:/greeting/2").format(question="why")

mlflow.genai.set_prompt_alias("greeting", alias="live", version=1)
seen["alias"] = mlflow.genai.load_prompt("prompts:/greeting@live").version
mlflow.genai.set_prompt_alias("greeting", alias="live", version=2)
seen["moved"] = mlflow.genai.load_prompt("prompts:/greeting@live", cache_ttl_seconds=0).version
mlflow.genai.delete_prompt_alias("greeting", alias="live")
try:
    client.get_prompt_version_by_alias("greeting", "live")
except MlflowException as error:
    seen["gone"] = error.error_code

client.set_prompt_tag("greeting", "tier", "1")
client.set_prompt_version_tag("greeting", "1", "checked", "yes")
own = client.get_prompt("greeting").tags
# Which experiment a prompt was made in is the newest clients' own note.
seen["tags"] = {key: value for key, value in own.items() if not key.startswith("_")}
seen["checked"] = client.get_prompt_version("greeting", "1").tags["checked"]

client.create_registered_model("spam", tags={"team": "care"})
seen["prompts"] = [one.name for one in mlflow.genai.search_prompts()]
seen["named"] = [one.name for one in mlflow.genai.search_prompts(filter_string="name = 'nothing'")]
seen["models"] = [one.name for one in client.search_registered_models()]
seen["not_prompts"] = [
    one.name
    for one in client.search_registered_models("tags.`mlflow.prompt.is_prompt` != 'true'")
]
seen["model_versions"] = len(client.search_model_versions())
seen["of_prompt"] = len(client.search_prompt_versions("greeting"))

try:
    mlflow.genai.register_prompt(name="spam", template="no")
except MlflowException as error:
    seen["taken"] = error.error_code
try:
    client.create_model_version(
        "greeting", "file:///etc", tags={"mlflow.prompt.is_prompt": "true", "mlflow.prompt.text": "x"}
    )
except MlflowException as error:
    seen["file"] = error.error_code
client.delete_prompt_version("greeting", "2")
client.delete_prompt_version("greeting", "1")
client.delete_prompt("greeting")
seen["left"] = [one.name for one in mlflow.genai.search_prompts()]
print(json.dumps(seen))
