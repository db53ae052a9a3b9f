import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Button } from "../../components/button.tsx";
import { Field } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";

/** From the id that an answer carried to the page of the prediction. */
export function FindPrediction({ project }: { project: string }) {
  const [id, setId] = useState("");
  const navigate = useNavigate();
  return (
    <Panel title="Where did an answer come from?">
      <form
        className="flex flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (id.trim() === "") return;
          void navigate({
            to: "/projects/$project/predictions/$prediction",
            params: { project, prediction: id.trim() },
          });
        }}
      >
        <Field
          label="Prediction id"
          className="min-w-0 flex-1 basis-64"
          placeholder="prd_…"
          value={id}
          onChange={(event) => setId(event.target.value)}
        />
        <Button type="submit" icon="search" className="h-9">
          Trace
        </Button>
      </form>
    </Panel>
  );
}
