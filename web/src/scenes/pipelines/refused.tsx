import { toProblem } from "../../shell/answer.tsx";

/** Why the server refused what a form asked for; nothing while it did not. */
export function Refused({ problem }: { problem: unknown }) {
  if (!problem) return null;
  const { message, next } = toProblem(problem);
  return (
    <p role="alert" className="text-bad">
      {message} <span className="text-soft">{next}</span>
    </p>
  );
}
