"""Autologging of PyTorch, through Lightning: parameters, the curve over epochs, the model, loaded again."""

import mlflow
import pytorch_lightning
import torch


class Network(pytorch_lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))

    def forward(self, x):
        return self.layers(x)

    def training_step(self, batch, index):
        x, y = batch
        loss = torch.nn.functional.cross_entropy(self(x), y)
        self.log("loss", loss, on_step=False, on_epoch=True)
        return loss

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.05)


def play():
    mlflow.set_experiment("networks")
    torch.manual_seed(7)
    x = torch.randn(128, 4)
    data = torch.utils.data.TensorDataset(x, (x[:, 0] > 0).long())
    network = Network()
    mlflow.pytorch.autolog()
    trainer = pytorch_lightning.Trainer(
        max_epochs=6, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False
    )
    with mlflow.start_run(run_name="network") as run:
        trainer.fit(network, torch.utils.data.DataLoader(data, batch_size=32))
    mlflow.pytorch.autolog(disable=True)
    run_id = run.info.run_id
    got = mlflow.get_run(run_id)
    client = mlflow.MlflowClient()
    curve = client.get_metric_history(run_id, "loss")
    loaded = mlflow.pytorch.load_model(f"runs:/{run_id}/model")
    network.eval(), loaded.eval()
    with torch.no_grad():
        same = torch.equal(loaded(x), network(x))
    return {
        "params": {key: got.data.params[key] for key in ("epochs", "optimizer_name", "lr")},
        "epochs": [point.step for point in curve],
        "falls": curve[-1].value < curve[0].value,
        "summary": "model_summary.txt" in [one.path for one in client.list_artifacts(run_id)],
        "predicts": same,
    }
