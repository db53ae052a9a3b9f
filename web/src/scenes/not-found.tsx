import { EmptyState } from "../components/answers.tsx";
import { ButtonLink } from "../components/link.tsx";

export function NotFound() {
  return (
    <EmptyState
      page
      icon="search"
      title="No page at this address"
      actions={<ButtonLink to="/">To the projects</ButtonLink>}
    >
      <p>The link may be old, or a letter is missing.</p>
    </EmptyState>
  );
}
